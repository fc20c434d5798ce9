#!/usr/bin/env bash
# `make import`: take in a model that was fitted elsewhere: import.sh PYTHON MODEL FILE CSV TARGET [--types ...] [--trust]
# With a Docker engine, pickles are opened in a container and the stack's trainer publishes; without, all is done here.
set -euo pipefail
cd "$(dirname "$0")/.."
python="$1"
shift
command -v "$python" >/dev/null ||
  { echo "petalstream: $python was not found: install Python 3.11 or newer, or name one with PYTHON=/path/to/python3" >&2; exit 1; }
"$python" embedded/bootstrap.py embedded/requirements.txt

if ! deploy/preflight.sh 2>/dev/null; then
  exec .venv/bin/python -m services.trainer.importing "$@" --publish
fi
trusted=""
for argument in "$@"; do [ "$argument" != --trust ] || trusted=1; done
# Only a pickle needs the image, and none is opened without --trust.
[ -z "$trusted" ] || docker compose --profile import build --quiet importer
.venv/bin/python -m services.trainer.importing "$@" --sandbox "docker compose --progress quiet run --rm --no-TTY --no-deps importer"
exec docker compose run --rm --build trainer python -m services.trainer "$1"

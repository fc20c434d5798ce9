#!/usr/bin/env bash
# Run a module of the trainer in .venv, or on a machine without Python in the trainer's image: trainer.sh PYTHON MODULE ...
set -euo pipefail
cd "$(dirname "$0")/.."
python="$1"
shift
if command -v "$python" >/dev/null; then
  "$python" embedded/bootstrap.py embedded/requirements.txt
  exec .venv/bin/python -m "$@"
fi
if ! docker compose version >/dev/null 2>&1; then
  echo "petalstream: neither $python nor Docker was found: install one, or name a Python with PYTHON=/path/to/python3" >&2
  exit 1
fi
deploy/preflight.sh
# The files of the models are those of this folder, and stay their owner's.
models=services/trainer/models
exec docker compose run --rm --build --no-deps --user "$(id -u):$(id -g)" --volume "$PWD/$models:/app/$models" trainer \
  python -m "$@"

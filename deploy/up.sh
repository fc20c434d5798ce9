#!/usr/bin/env bash
# `make up`: bring the stack up, or say why not and leave nothing half made.
set -euo pipefail
cd "$(dirname "$0")/.."
deploy/preflight.sh ports
before="$(docker compose ps --quiet)"

if ! docker compose up --detach --build; then
  for service in $(docker compose ps --all --services --status exited); do
    docker compose logs --tail 20 "$service" >&2
  done
  [ -n "$before" ] || docker compose down --remove-orphans >/dev/null 2>&1
  echo "petalstream: the stack did not come up, and the lines above say why; where an image cannot be pulled," \
    "deploy/offline-images/README.md shows how to make it" >&2
  exit 1
fi
echo "api: http://$(docker compose port api 5000)   broker: $(docker compose port kafka 9092)   predictions: make logs"

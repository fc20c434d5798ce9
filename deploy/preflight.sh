#!/usr/bin/env bash
# Say in one line what stands in the way of the stack and what to do about it. With `ports` as $1, look at those too.
set -u
fail() { echo "petalstream: $1" >&2; exit 1; }

command -v docker >/dev/null || fail "Docker is not installed: see docs.docker.com/engine/install, or use \`make demo\`, which needs none"
docker info >/dev/null 2>&1 || fail "no Docker engine answers: start it (or join its group), or use \`make demo\`, which needs none"
docker compose version >/dev/null 2>&1 || fail "Docker has no Compose v2: install the docker-compose-plugin, or use \`make demo\`, which needs none"
[ "${1:-}" = ports ] || exit 0

setting() { # name, default: the environment first and then .env, as Compose has it
  local given="${!1:-$(sed -n "s/^$1=//p" .env 2>/dev/null | tail -n 1 | tr -d \"\')}"
  echo "${given:-$2}"
}

accepts() { # address, port: whether a program accepts a connection within 2 s; without IPv6 none does on ::1
  read -r -t 2 < <(exec 2>/dev/null; exec 3<>"/dev/tcp/$1/$2" && echo connected)
}

checked=""
check_port() { # setting, default, service, port in its container
  local port own each other holder=""
  port="$(setting "$1" "$2")"
  for each in $checked; do
    [ "${each#*=}" != "$port" ] || fail "${each%=*} and $1 are both $port: choose another, as in \`make up $1=$((port + 1))\`"
  done
  checked="$checked $1=$port"
  own="$(docker compose port "$3" "$4" 2>/dev/null)"
  [ "${own##*:}" = "$port" ] && return # it is this stack itself, up already
  # A client of `localhost` may connect to either.
  accepts 127.0.0.1 "$port" || accepts ::1 "$port" || return 0
  [ "$port" = 5000 ] && holder=" (on macOS it may be the AirPlay Receiver)"
  # The next one may be the live page's.
  other=$((port + 1))
  [ "$other" != "$(setting DASHBOARD_PORT 5001)" ] || other=$((port + 2))
  fail "port $port is in use$holder: choose another, as in \`make up $1=$other\`"
}
case "$(docker compose config --services 2>/dev/null)" in
  *proxy*) check_port HTTPS_PORT 5443 proxy 8443 ;;
  *) check_port API_PORT 5000 api 5000 ;;
esac
check_port KAFKA_PORT 9092 kafka 9092
check_port DASHBOARD_PORT 5001 dashboard 5001

readable_inside() { # by the containers' user; Docker Desktop does not ask who owns a file
  [ "$(uname)" != Linux ] || [ "$(find -L "$1" -perm -o=r -o -user 10001 -perm -u=r -o -group 10001 -perm -g=r)" ]
}

# The keys and certificates of an override. Without this it would be told only when all images are built, or not at all.
while read -r file; do
  [ -f "$file" ] || fail "there is no file $file: deploy/README.md says what belongs there, and how to name another"
  readable_inside "$file" || fail "$file is not readable for the containers' user, 10001: deploy/README.md says how to change that"
done < <(docker compose config 2>/dev/null | sed -n 's/^    file: //p')

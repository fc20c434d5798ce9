#!/usr/bin/env bash
# Make a certificate for localhost that nobody has signed, and its key, to try the proxy with: in .cache/tls, where
# deploy/compose.proxy.yml looks for them, or in the folder $1.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder="${1:-.cache/tls}"
command -v openssl >/dev/null || { echo "petalstream: openssl is not installed, and makes the certificate" >&2; exit 1; }
mkdir -p "$folder"
openssl req -x509 -days 365 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$folder/key.pem" -out "$folder/cert.pem" 2>/dev/null
# The proxy's user is another one than yours. This key protects nothing; make one that does 10001's own, as README says.
chmod 644 "$folder/key.pem"
echo "$folder/cert.pem and $folder/key.pem are for localhost alone, for a year; curl takes --cacert $folder/cert.pem"

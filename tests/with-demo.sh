#!/usr/bin/env bash
# Runs a command against a demonstration of the real binary: with-demo.sh BINARY COMMAND... ; its address is appended.
set -euo pipefail
binary=$1
shift
folder=$(mktemp -d)
log="$folder/log"
"$binary" demo --folder "$folder/campaign" --listen 127.0.0.1:0 >"$log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
# The server says its address once it takes connections.
for _ in $(seq 1 600); do
  address=$(sed -n 's/^serving on //p' "$log")
  [ -n "$address" ] && break
  kill -0 "$server" 2>/dev/null || { cat "$log" >&2; exit 1; }
  sleep 0.1
done
[ -n "$address" ] || { echo "the demonstration was not served within a minute" >&2; cat "$log" >&2; exit 1; }
"$@" "$address"

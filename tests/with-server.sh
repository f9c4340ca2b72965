#!/usr/bin/env bash
# Runs a command beside a server that says "serving on ADDRESS": with-server.sh SERVER... -- COMMAND... ; the address is
# appended to the command.
set -euo pipefail
server=()
while [ "$1" != -- ]; do
  server+=("$1")
  shift
done
shift
log=$(mktemp)
"${server[@]}" >"$log" 2>&1 &
process=$!
trap 'kill "$process" 2>/dev/null || true; wait "$process" 2>/dev/null || true; rm -f "$log"' EXIT
# The server says its address once it takes connections.
for _ in $(seq 1 600); do
  address=$(sed -n 's/^serving on //p' "$log")
  [ -n "$address" ] && break
  kill -0 "$process" 2>/dev/null || { cat "$log" >&2; exit 1; }
  sleep 0.1
done
[ -n "$address" ] || { echo "nothing was served within a minute" >&2; cat "$log" >&2; exit 1; }
"$@" "$address"

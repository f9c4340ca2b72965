#!/usr/bin/env bash
# Goals 17 and 18 on a campaign of all communes: run.sh BINARY CAMPAIGN. Left out, and said, where the campaign is not there.
set -euo pipefail
binary=$1
campaign=$2
if [ ! -f "$campaign/published/current.json" ]; then
  echo "17, 18: left out, no campaign in $campaign"
  exit 0
fi
log=$(mktemp)
QUARTIER_CAMPAIGN="$campaign" "$binary" serve --listen 127.0.0.1:0 >"$log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -f "$log"' EXIT
# The server says its address once it takes connections.
for _ in $(seq 1 600); do
  address=$(sed -n 's/^serving on //p' "$log")
  [ -n "$address" ] && break
  kill -0 "$server" 2>/dev/null || { cat "$log" >&2; exit 1; }
  sleep 0.1
done
[ -n "$address" ] || { echo "the campaign was not served within a minute" >&2; exit 1; }
cd "$(dirname "$0")/.."
node bench/page.mjs "$address"

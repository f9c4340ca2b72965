#!/usr/bin/env bash
# Goals 17 and 18 on a campaign of all communes: run.sh BINARY CAMPAIGN. Left out, and said, where the campaign is not there.
set -euo pipefail
binary=$1
campaign=$2
if [ ! -f "$campaign/published/current.json" ]; then
  echo "17, 18: left out, no campaign in $campaign"
  exit 0
fi
export QUARTIER_CAMPAIGN="$campaign"
cd "$(dirname "$0")/.."
../tests/with-server.sh "$binary" serve --listen 127.0.0.1:0 -- node bench/page.mjs

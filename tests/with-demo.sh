#!/usr/bin/env bash
# Runs a command against a demonstration of the real binary: with-demo.sh BINARY COMMAND... ; its address is appended.
set -euo pipefail
binary=$1
shift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-server.sh" "$binary" demo --folder "$folder/campaign" --listen 127.0.0.1:0 -- "$@"

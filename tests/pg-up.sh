#!/usr/bin/env bash
# A throw-away PostgreSQL with PostGIS for the tests: loopback, a free port, a temporary folder. Installs nothing.
#   pg-up.sh up           starts one, prints its URL on standard output
#   pg-up.sh down URL     stops it and deletes its folder
# Exit 3: PostgreSQL or PostGIS is not installed. Durability is off: test data only.
set -euo pipefail

root=${TMPDIR:-/tmp}
bin=${PGBIN:-/usr/lib/postgresql/15/bin}
as=() # initdb and postgres refuse to run as root
if [ "$(id -u)" = 0 ]; then as=(runuser -u postgres --); fi

case ${1:-up} in
up)
  [ -x "$bin/initdb" ] || { echo "no $bin/initdb: install postgresql-15-postgis-3" >&2; exit 3; }
  [ -f "$("$bin/pg_config" --sharedir 2>/dev/null || echo /usr/share/postgresql/15)/extension/postgis.control" ] ||
    { echo "PostgreSQL is here and PostGIS is not: install postgresql-15-postgis-3" >&2; exit 3; }
  # Two suites that start at once must not take the same port: the folder's name claims it.
  for port in $(shuf -i 55500-58999 -n 50); do
    dir=$root/quartier-pg-$port
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then continue; fi
    if mkdir "$dir" 2>/dev/null; then break; fi
    dir=
  done
  [ -n "$dir" ] || { echo "no free port from 55500 to 58999" >&2; exit 4; }
  if [ "$(id -u)" = 0 ]; then chown postgres "$dir"; fi
  cd "$dir"
  "${as[@]}" "$bin/initdb" -D "$dir/data" -U quartier -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$dir.initdb" 2>&1 ||
    { cat "$dir.initdb" >&2; exit 5; }
  rm -f "$dir.initdb"
  "${as[@]}" "$bin/pg_ctl" -D "$dir/data" -l "$dir/server.log" -w -t 60 -o "-c listen_addresses=127.0.0.1 -p $port -k $dir \
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=128MB -c max_connections=200 -c jit=off" \
    start >/dev/null 2>&1 </dev/null || { tail -20 "$dir/server.log" >&2; exit 6; }
  psql() { command psql -h 127.0.0.1 -p "$port" -U quartier -v ON_ERROR_STOP=1 -qAt "$@" >&2; }
  psql -d postgres -c 'create database quartier_test'
  psql -d quartier_test -c 'set client_min_messages = warning; create extension postgis'
  echo "postgres://quartier@127.0.0.1:$port/quartier_test"
  ;;
down)
  port=${2:?the URL that up printed}
  port=${port##*127.0.0.1:}
  dir=$root/quartier-pg-${port%%/*}
  [ -d "$dir/data" ] || exit 0
  (cd "$dir" && "${as[@]}" "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1) || true
  rm -rf "$dir"
  ;;
*)
  echo "usage: $0 up | down URL" >&2
  exit 2
  ;;
esac

#!/usr/bin/env bash
# Runs a command against Paris by polling station, served by the real binary: with-paris.sh BINARY DATA COMMAND... ; its
# address is appended. Three publications: the first on stations named otherwise, so that its geography is another.
# Left out, and said, where the open data is not there; with CI=true that is a failure.
set -euo pipefail
binary=$1
data=$2
shift 2
if [ ! -f "$data/fr-paris-bureaux-2017/bureaux.geojson.gz" ]; then
  echo "Paris: left out, no open data in $data"
  [ "${CI:-}" != true ]
  exit
fi
folder=$(mktemp -d)
log="$folder/log"
trap 'rm -rf "$folder"' EXIT
export QUARTIER_CAMPAIGN="$folder/paris"
quartier() { "$binary" "$@" >>"$log" 2>&1 || { cat "$log" >&2; exit 1; }; }
areas() { quartier import areas "$data/$1" --level "$2" --code "$3" --name "$4" "${@:5}"; }
stations() {
  areas fr-paris-bureaux-2017/bureaux.geojson.gz bureau '75056-{bureau}' "$1" --parent '{code_quartier}' \
    --join "$data/fr-paris-bureaux-2017/bureau-quartier.csv" --on bureau "${@:2}"
}
poll() {
  printf 'date,area,turnout,undecided,favourable,opposed,of,n,se\n%s,all,,0.2,%s,0.2,electors,1000,\n' "$1" "$2" \
    >"$folder/poll-$1.csv"
  quartier import polls "$folder/poll-$1.csv"
}
publish() {
  quartier estimate --baseline pres2017t2 --seed 1
  quartier publish
}

quartier init "$QUARTIER_CAMPAIGN" --name 'Paris 2017' --language fr --levels city,arrondissement,quartier,bureau
areas fr-admin-2018/communes.geojson.gz city '{code}' '{nom}' --where code=75056
areas fr-paris-bureaux-2017/arrondissements.geojson.gz arrondissement '{code}' '{nom}' --parent 75056
areas fr-paris-bureaux-2017/quartiers.geojson.gz quartier '{code_quartier}' '{nom}' --parent '{arrondissement}'
stations 'Station {bureau}'
for round in 1:2017-04-23 2:2017-05-07; do
  quartier import results "$data/fr-results-2014-2019/2017-presidentielle-${round%%:*}_par_bureau_large.csv.gz" \
    --election "pres2017t${round%%:*}" --date "${round#*:}" --preset fr-large --where departement=75 \
    --level bureau --code '75056-{bureau}' --fallback city=75056
  quartier blocs "pres2017t${round%%:*}" --favourable MACRON --opposed 'LE PEN'
done
cat >>"$QUARTIER_CAMPAIGN/campaign.toml" <<'TOML'

[comparable]
base = ["pres2017t1", "pres2017t2"]
reserve = { high = "pres2017t1", low = "pres2017t2" }
TOML
poll 2017-05-20 0.5
publish
# The stations were the fourth import.
stations 'Bureau {bureau}' --replaces 4
publish
# Invented answers in a third of the stations.
awk -F, 'NR == 1 { print "bureau,yes,maybe,no,wont_vote" } NR % 3 == 2 { print $1 ",12,5,6,4" }' \
  "$data/fr-paris-bureaux-2017/bureau-quartier.csv" >"$folder/canvass.csv"
quartier import tallies "$folder/canvass.csv" --batch week1 --level bureau --code '75056-{bureau}' \
  --favourable yes --undecided maybe --opposed no --abstainers wont_vote
poll 2017-06-01 0.6
publish

"$(dirname "$0")/with-server.sh" "$binary" serve --listen 127.0.0.1:0 -- "$@"

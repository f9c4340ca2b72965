"""usage: freestiler_tiles.py LAYER OUT MINZOOM MAXZOOM: a layer to PMTiles with freestiler, every feature kept at every zoom."""
import sys
import geopandas
import freestiler

layer, out, first, last = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
areas = geopandas.read_file(layer, engine="pyogrio")
freestiler.freestile(areas, out, layer_name="communes", min_zoom=first, max_zoom=last, base_zoom=first, quiet=True)

"""usage: geopandas_lasso.py AREAS LASSO TIMES: the electors inside a polygon, areas that it cuts by their share of the surface; prints CPU seconds of one."""
import json
import sys
import time
import geopandas
import shapely

areas = geopandas.read_file(sys.argv[1], engine="pyogrio")
areas = areas[areas["electors"].notna()]
with open(sys.argv[2], encoding="utf-8") as file:
    lasso = shapely.from_geojson(file.read())
areas.sindex  # Built once, as ours is.
whole = areas.geometry.area.to_numpy()
electors = areas["electors"].to_numpy()
start = time.process_time()
for _ in range(int(sys.argv[3])):
    shapely.prepare(lasso)
    hits = areas.sindex.query(lasso, predicate="intersects")
    shapes = areas.geometry.array[hits]
    inside = shapely.area(shapely.intersection(shapes, lasso))
    found = (electors[hits] * inside / whole[hits]).sum()
print(json.dumps({"cpu_s": (time.process_time() - start) / int(sys.argv[3]), "found": round(float(found))}))

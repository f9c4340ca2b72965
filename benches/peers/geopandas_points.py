"""usage: geopandas_points.py AREAS POINTS TIMES: finds the area of every point with geopandas, its index counted; prints CPU seconds of one."""
import json
import sys
import time
import geopandas
import polars

areas = geopandas.read_file(sys.argv[1], engine="pyogrio")[["code", "geometry"]]
table = polars.read_csv(sys.argv[2], columns=["lon", "lat"])
points = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(table["lon"], table["lat"]), crs=areas.crs)
spent = 0.0
for _ in range(int(sys.argv[3])):
    fresh = geopandas.GeoDataFrame(areas[["code"]], geometry=areas.geometry.array.copy(), crs=areas.crs)
    start = time.process_time()
    found = points.sjoin(fresh, predicate="within")
    spent += time.process_time() - start
print(json.dumps({"cpu_s": spent / int(sys.argv[3]), "found": found.index.nunique()}))

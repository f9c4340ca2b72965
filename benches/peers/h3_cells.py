"""usage: h3_cells.py TIMES: the cells of resolution 9 of a million points with h3-py; prints CPU seconds of one."""
import json
import sys
import time
import numpy
from h3.api.basic_int import latlng_to_cell

random = numpy.random.default_rng(1)
longitudes, latitudes = random.uniform(-5, 8, 1_000_000).tolist(), random.uniform(42, 51, 1_000_000).tolist()
start = time.process_time()
for _ in range(int(sys.argv[1])):
    found = sum(1 for lon, lat in zip(longitudes, latitudes) if latlng_to_cell(lat, lon, 9))
print(json.dumps({"cpu_s": (time.process_time() - start) / int(sys.argv[1]), "found": found}))

"""usage: duckdb_sums.py TIMES: sums a million cells of five columns into 35,357 areas with DuckDB; prints CPU seconds of one."""
import json
import sys
import time
import duckdb
import numpy

random = numpy.random.default_rng(1)
columns = {"area": random.integers(0, 35_357, 1_000_000, dtype="int32")}
columns.update({f"c{at}": random.integers(0, 1_000, 1_000_000, dtype="int32") for at in range(5)})
database = duckdb.connect()
database.register("given", columns)
database.execute("create table cells as select * from given")
sums = ", ".join(f"sum(c{at})" for at in range(5))
start = time.process_time()
for _ in range(int(sys.argv[1])):
    found = database.execute(f"select area, {sums} from cells group by area").fetchnumpy()
print(json.dumps({"cpu_s": (time.process_time() - start) / int(sys.argv[1]), "found": len(found["area"])}))

"""usage: polars_results.py FILE TIMES: reads results by polling station and checks every row; prints CPU seconds of one reading.

The checks that Quartier makes: registered >= voters >= valid = sum of the lists, no count below zero, no key twice."""
import json
import sys
import time
import polars

FIXED = {"departement", "commune", "bureau", "circonscription", "commune_libelle", "inscrits", "votants", "blancs", "exprimes"}


def read(path):
    rows = polars.read_csv(path, schema_overrides={name: polars.String for name in ("departement", "commune", "bureau", "circonscription")})
    lists = [name for name, kind in rows.schema.items() if kind.is_integer() and name not in FIXED]
    wrong = rows.filter(
        (polars.col("votants") > polars.col("inscrits"))
        | (polars.col("exprimes") > polars.col("votants"))
        | (polars.sum_horizontal(lists) != polars.col("exprimes"))
        | (polars.min_horizontal(lists) < 0)
    )
    assert wrong.height == 0, wrong
    assert rows.select(polars.struct("departement", "commune", "bureau").is_duplicated().any()).item() is False
    return rows.height


start = time.process_time()
for _ in range(int(sys.argv[2])):
    rows = read(sys.argv[1])
print(json.dumps({"cpu_s": (time.process_time() - start) / int(sys.argv[2]), "rows": rows}))

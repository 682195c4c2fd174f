"""One side of `market-gym bench --against polars`: reads a file of candles, and prints the seconds of CPU that it took.

Called with the task as JSON: the file.
"""

import json
import resource
import sys

try:
    import polars
except ImportError as error:
    print(json.dumps({"missing": f"{error.name}: pip install polars"}))
    sys.exit(0)

path = json.loads(sys.argv[1])["file"]
before = resource.getrusage(resource.RUSAGE_SELF)
frame = polars.read_csv(path)
after = resource.getrusage(resource.RUSAGE_SELF)
assert frame.height > 0
cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
print(json.dumps({"value": cpu, "version": f"polars {polars.__version__}"}))

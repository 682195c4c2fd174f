"""Reads five million candles with market-gym, polars and DuckDB, each in a process of its own, and prints what it took.

Run it after a build, from anywhere: python test/peers/read_candles.py
What is not installed is skipped (pip install polars duckdb).
"""

import pathlib
import subprocess
import sys
import tempfile

ROWS = 5_000_000
PROJECT = pathlib.Path(__file__).resolve().parents[2]
READER = PROJECT / "dist" / "scripts" / "bench" / "data-reading.js"

MEASURE = """
import resource, sys
{imports}
before = resource.getrusage(resource.RUSAGE_SELF)
path = sys.argv[1]
{read}
after = resource.getrusage(resource.RUSAGE_SELF)
print(rows, after.ru_utime - before.ru_utime, after.ru_maxrss / 1024)
"""

PEERS = {
    "polars": {
        "imports": "import polars",
        "csv": "rows = polars.read_csv(path).height",
        "parquet": "rows = polars.read_parquet(path).height",
    },
    "duckdb": {
        "imports": "import duckdb; duckdb.sql('set enable_progress_bar = false')",
        "csv": "columns = duckdb.sql(f\"select * from read_csv('{path}')\").fetchnumpy(); rows = len(columns['time'])",
        "parquet": "columns = duckdb.sql(f\"select * from '{path}'\").fetchnumpy(); rows = len(columns['time'])",
    },
}


def make_files(folder):
    import numpy
    import polars

    rng = numpy.random.default_rng(1)
    close = numpy.round(100 * numpy.exp(numpy.cumsum(rng.normal(0, 1e-4, ROWS))), 2)
    opening = numpy.concatenate([[100.0], close[:-1]])
    frame = polars.DataFrame(
        {
            "time": numpy.arange(ROWS) * 60_000 + 1_500_000_000_000,
            "open": opening,
            "high": numpy.round(numpy.maximum(opening, close) + 0.1 * rng.random(ROWS), 2),
            "low": numpy.round(numpy.minimum(opening, close) - 0.1 * rng.random(ROWS), 2),
            "close": close,
            "volume": numpy.round(1000 * rng.random(ROWS), 3),
        }
    )
    files = {"csv": [folder / "candles.csv"], "parquet": []}
    frame.write_csv(files["csv"][0])
    for compression in ("zstd", "snappy"):
        path = folder / f"candles-{compression}.parquet"
        frame.write_parquet(path, compression=compression)
        files["parquet"].append(path)
    return files


def run(command):
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        return None
    rows, user, peak = map(float, result.stdout.splitlines()[-1].split())
    assert rows == ROWS, f"{command[0]} read {rows} rows"
    return user, peak


def main():
    try:
        import polars  # noqa: F401
    except ImportError:
        print("polars is not installed: skipped")
        return
    print(f"{'':34}{'user CPU, s':>12}{'peak, MB':>10}")
    with tempfile.TemporaryDirectory() as name:
        for kind, paths in make_files(pathlib.Path(name)).items():
            for path in paths:
                commands = {"market-gym": ["node", str(READER), str(path)]}
                for peer, code in PEERS.items():
                    program = MEASURE.format(imports=code["imports"], read=code[kind])
                    commands[peer] = [sys.executable, "-c", program, str(path)]
                for who, command in commands.items():
                    figures = run(command)
                    shown = "      skipped" if figures is None else f"{figures[0]:12.2f}{figures[1]:10.0f}"
                    print(f"{path.name:22}{who:12}{shown}")


if __name__ == "__main__":
    main()

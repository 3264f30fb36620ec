"""`python -m tests.bench`: run the benchmarks and print every figure beside its floor of the same run."""

import argparse
import importlib
import shutil
import tempfile
import time
from pathlib import Path
from typing import Final

from .figures import Figure, table

__all__ = ["main"]

BENCHMARKS: Final = {"p1": "intake", "p2": "tunnel", "p3": "bulk_read", "p4": "end_to_end"}


def main() -> None:
    """Run the benchmarks asked for, all by default."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=BENCHMARKS, help="run this one; may be repeated")
    wanted = parser.parse_args().only or list(BENCHMARKS)
    figures: list[Figure] = []
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="mlconnector-bench-"))
    for name in wanted:
        module = BENCHMARKS[name]
        started = time.monotonic()
        print(f"{name} {module} ...", flush=True)
        try:
            found = importlib.import_module(f"tests.bench.{module}").run(folder / name)
        except Exception as error:
            error.add_note(f"the logs of all its processes are kept in {folder / name}")
            raise
        figures += found
        print(f"{table(found)}\n{name} took {time.monotonic() - started:.0f} s\n", flush=True)
    shutil.rmtree(folder)
    print(f"{table(figures)}\n\nratio: figure to floor of the same run; {time.monotonic() - began:.0f} s in all")


if __name__ == "__main__":
    main()

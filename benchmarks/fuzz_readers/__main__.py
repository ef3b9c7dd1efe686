"""Damage valid files and read them: `python -m benchmarks.fuzz_readers dicom --n 10000 [--seed 1]`.

A format is a module of this folder with `seeds()`, valid files by name, and `read(data)`. Each try changes a
few bytes, cuts, doubles or joins files, or puts numbers that hurt into places of length. Only a picture or a
DatasetError of one sentence may come out, within `SECONDS` and `MEGABYTES`. Reading happens in a child, so
that a decoder that aborts the process is seen too. Exits with 1 if anything else came out.
"""

import argparse
import importlib
import multiprocessing
import pkgutil
import sys
import time
from collections import Counter
from pathlib import Path

from benchmarks.fuzz_readers import __path__ as here
from benchmarks.fuzz_readers.child import MEGABYTES, SECONDS, Told, work
from benchmarks.fuzz_readers.damage import damaged

FORMATS = sorted(
    one.name for one in pkgutil.iter_modules(here) if one.name not in ("__main__", "child", "damage")
)
BATCH = 200


def main() -> int:
    """Fuzz one format and print; see the module."""
    parser = argparse.ArgumentParser(prog="benchmarks.fuzz_readers", description=__doc__)
    parser.add_argument("format", choices=FORMATS)
    parser.add_argument("--n", type=int, default=1000, help="damaged files")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder for files that came out wrong")
    options = parser.parse_args()
    module = importlib.import_module(f"benchmarks.fuzz_readers.{options.format}")
    for data in module.seeds().values():
        module.read(data)  # what is damaged must have been valid before
    begun = time.perf_counter()
    counts: Counter[str] = Counter()
    wrong: list[tuple[int, str]] = []
    for start in range(0, options.n, BATCH):
        numbers = range(start, min(start + BATCH, options.n))
        for number, told in _batch(options.format, options.seed, numbers):
            counts[told.outcome] += 1
            if told.outcome not in ("picture", "DatasetError"):
                wrong.append((number, told.why))
    _summary(options, counts, wrong, time.perf_counter() - begun)
    return int(bool(wrong))


def _batch(name: str, seed: int, numbers: range) -> list[tuple[int, Told]]:
    """Read a batch in a child; where it dies, the file at hand is the one, and the rest goes to the next."""
    found: list[tuple[int, Told]] = []
    left = list(numbers)
    while left:
        ours, theirs = multiprocessing.Pipe(duplex=False)
        child = multiprocessing.Process(target=work, args=(name, seed, left, theirs))
        child.start()
        theirs.close()
        done = 0
        try:
            while done < len(left) and ours.poll(4 * SECONDS):
                found.append((left[done], ours.recv()))
                done += 1
        except EOFError:
            pass
        child.kill()
        child.join()
        if done < len(left):
            found.append((left[done], Told("died", f"exit code {child.exitcode}")))
        left = left[done + 1 :]
    return found


def _summary(
    options: argparse.Namespace, counts: Counter[str], wrong: list[tuple[int, str]], took: float
) -> None:
    said = ", ".join(f"{number} {outcome}" for outcome, number in counts.most_common())
    print(f"{options.format}: {options.n} damaged files, seed {options.seed}, {took:.0f} s: {said}")
    print(f"bounds held: {SECONDS} s and {MEGABYTES} MB a file")
    seeds = importlib.import_module(f"benchmarks.fuzz_readers.{options.format}").seeds()
    for number, why in wrong[:20]:
        print(f"  file {number}: {why}", file=sys.stderr)
        if options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            (options.keep / f"{options.format}-{options.seed}-{number}").write_bytes(
                damaged(seeds, options.seed, number)
            )


if __name__ == "__main__":
    raise SystemExit(main())

"""Read every file that a reference library ships: `python -m benchmarks.conformance dicom [--all]`.

A format is a module of this folder with `cases()`: each a name, our reader and the reference's. A file is
*alike* (one picture within `NEAR`), *apart* (another picture, *explained* where the case says why), *refused*
(by us, with the reason), or *both refuse*. Exits with 1 if a file is apart, or a reader raises what is no
DatasetError.
"""

import argparse
import importlib
import pkgutil
from collections import Counter

from benchmarks.conformance import __path__ as here
from benchmarks.conformance.cases import Case, Outcome, compared

FORMATS = sorted(one.name for one in pkgutil.iter_modules(here) if one.name not in ("__main__", "cases"))


def main() -> int:
    """Compare and print; see the module."""
    parser = argparse.ArgumentParser(prog="benchmarks.conformance", description=__doc__)
    parser.add_argument("format", choices=FORMATS)
    parser.add_argument(
        "--all", action="store_true", help="print every file, not only what is apart or refused"
    )
    options = parser.parse_args()
    cases: list[Case] = importlib.import_module(f"benchmarks.conformance.{options.format}").cases()
    found = [compared(case) for case in cases]
    for one in found:
        if options.all or one.verdict != "alike":
            print(f"{one.verdict:13s} {one.name}: {one.why}")
    _summary(found)
    return int(any(one.verdict in ("apart", "fault") for one in found))


def _summary(found: list[Outcome]) -> None:
    counts = Counter(one.verdict for one in found)
    print(
        f"{len(found)} files: "
        + ", ".join(f"{number} {verdict}" for verdict, number in sorted(counts.items()))
    )
    for reason, number in Counter(one.kind for one in found if one.verdict == "refused").most_common():
        print(f"  {number:4d} refused: {reason}")


if __name__ == "__main__":
    raise SystemExit(main())

"""Fit phantoms to images, in a process of its own: `python -m scafe.evals.processes.fit`.

The command line starts it and hands its bands on, so that the process that may hold a model client never
holds an image. No label is read.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence

from scafe.evals.audit.resemblance import Aggregates, aggregates, fit_phantoms
from scafe.evals.data.decoding.allocator import reuse_memory
from scafe.evals.data.formats import read_as
from scafe.evals.data.regions.listing import Shown, images_at
from scafe.evals.data.rules.reading import Reading
from scafe.evals.data.tables.columns import ColumnChoice
from scafe.knowledge.contract.errors import ScafeError
from scafe.knowledge.contract.inert import inert_lines
from scafe.knowledge.criteria.pack import load_pack


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit once; 0 ok, 2 unusable input."""
    reuse_memory()
    options = _parser().parse_args(arguments)
    try:
        pack = load_pack(options.pack)
        ignored = tuple(name for name in options.ignore_columns.split(",") if name.strip())
        columns = ColumnChoice(ignored, options.patient_column, pack.ids)
        shown = images_at(options.data, pack.modality.channels, columns)
        found = fit_phantoms(pack.phantom, _read(shown, options.mask_label))
    except ScafeError as error:
        if options.json:
            print(json.dumps({"error": type(error).__name__, "message": str(error)}))
        print(f"scafe: {inert_lines(str(error))}", file=sys.stderr)
        return error.exit_code
    print(found.model_dump_json())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scafe.evals.processes.fit", description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--pack", required=True)
    parser.add_argument("--mask-label", type=int)
    parser.add_argument("--ignore-columns", default="")
    parser.add_argument("--patient-column")
    parser.add_argument("--json", action="store_true")
    return parser


def _read(shown: Sequence[Shown], mask_label: int | None) -> Iterator[tuple[str, Aggregates]]:
    for one in shown:
        pair = read_as(one.pixels, Reading(mask_label)).read(one.where).pair
        yield one.cells.get("patient_id", one.name), aggregates(pair)


if __name__ == "__main__":
    raise SystemExit(main())

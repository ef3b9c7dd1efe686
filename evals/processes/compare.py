"""Compare in a process of its own: `python -m scafe.evals.processes.compare DATA --pack P --out FOLDER`.

It holds the images and their labels, and no model's client. Progress goes to stderr, one JSON object a line.
"""

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn, get_args

from scafe.evals.compare.comparison import Request, compare_on, seconds_of, write_files, write_film_readings
from scafe.evals.compare.criteria_rows import Sandbox
from scafe.evals.compare.engine import Progress
from scafe.evals.compare.outward import Answers
from scafe.evals.compare.page import markdown_page
from scafe.evals.compare.plan import DRAWS, SIZES
from scafe.evals.compare.shelf import Shelf
from scafe.evals.compare.shown import locator_of
from scafe.evals.data.dataset import Dataset
from scafe.evals.data.decoding.allocator import reuse_memory
from scafe.evals.data.manifest import open_dataset
from scafe.evals.data.tables.columns import ColumnChoice
from scafe.knowledge.contract.errors import ScafeError
from scafe.knowledge.contract.inert import inert_lines
from scafe.knowledge.contract.masks import MaskMethod
from scafe.knowledge.criteria.pack import CriteriaPack, load_pack


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare; return the exit code of the command line (0 ok, 1 a control failed, 2 input, 6 sandbox)."""
    os.environ["HF_HUB_OFFLINE"] = "1"  # without it a network's name alone is looked up for minutes
    reuse_memory()
    options = _parser().parse_args(arguments)
    try:
        return _compare(options)
    except ScafeError as error:
        if options.json:
            print(json.dumps({"error": type(error).__name__, "message": str(error)}))
        print(f"scafe: {inert_lines(str(error))}", file=sys.stderr)
        return error.exit_code


def _interrupted(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt  # its workers are ended on the way out


def _compare(options: argparse.Namespace) -> int:
    pack = load_pack(options.pack)
    request = _request(options, pack)
    dataset = _dataset(options, pack, request.locator is not None)
    out, store = Path(options.out), Path(options.store or Path(options.out) / "store")
    sandbox = Sandbox(store, options.workers, options.allow_weaker, options.sandbox)
    compared = compare_on(dataset, request, Shelf(store), sandbox, _tell)
    table, ran = compared.table, compared.ran
    write_files(out, table, ran)
    write_film_readings(out, dataset, Shelf(store), compared)
    if options.json:
        told = {"table": table.model_dump(mode="json"), "seconds": seconds_of(ran)}
        print(json.dumps({**told, "waiting": len({asked.id for one in ran for asked in one.open})}))
    else:
        print(markdown_page(table))
    return 1 if table.failed else 0


def _request(options: argparse.Namespace, pack: CriteriaPack) -> Request:
    bundles = tuple((name, Path(path)) for name, _, path in (text.partition("=") for text in options.bundle))
    return Request(
        pack,
        bundles,
        _listed(options.peers),
        tuple(int(size) for size in _listed(options.sizes)),
        options.draws,
        options.seed,
        Path(options.networks) if options.networks else None,
        options.workers,
        tuple((name, reason) for name, reason in (text.partition("=")[::2] for text in options.absent)),
        options.allow,
        Answers(Path(options.asked), options.model) if options.model and options.asked else None,
        locator_of(options.locator, pack, [path for _, path in bundles]),
    )


def _dataset(options: argparse.Namespace, pack: CriteriaPack, fills: bool) -> Dataset:
    return open_dataset(
        options.data,
        _listed(options.labels),
        pack.classes,
        pack.modality.channels,
        options.segment,
        options.mask_label,
        ColumnChoice(_listed(options.ignore_columns), options.patient_column, text=options.text_column),
        fills=fills,
    )


def _tell(told: Progress) -> None:
    left = None if told.seconds_left is None else round(told.seconds_left, 1)
    print(
        json.dumps({"step": told.step, "done": told.done, "of": told.of, "seconds_left": left}),
        file=sys.stderr,
        flush=True,
    )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scafe.evals.processes.compare", description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--pack", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--allow", choices=("none", "features", "pixels"), default="none")
    for name in ("store", "networks", "patient-column", "text-column", "asked", "model", "locator"):
        parser.add_argument(f"--{name}")
    for name in ("labels", "peers", "ignore-columns"):
        parser.add_argument(f"--{name}", default="")
    for name in ("bundle", "absent"):
        parser.add_argument(f"--{name}", action="append", default=[])
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--segment", choices=get_args(MaskMethod), default="none")
    parser.add_argument("--mask-label", type=int)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--allow-weaker", action="store_true")
    parser.add_argument("--sandbox", choices=("local", "bwrap", "docker", "gvisor"), default="local")
    parser.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _interrupted)
    raise SystemExit(main())

"""How features do on unlabelled images, in a process of its own: `python -m scafe.evals.processes.transfer`.

The command line starts it and hands its output through, so that the process that may hold a model
client never holds an image.
"""

import argparse
import json
import math
import sys
from collections.abc import Sequence
from typing import Any

from scafe.evals.data.decoding.allocator import reuse_memory
from scafe.evals.data.regions.listing import images_at
from scafe.evals.data.tables.columns import ColumnChoice
from scafe.evals.disclosure.bands import StillEdges
from scafe.evals.disclosure.truths.transfers import LEAST, disclosed_transfer
from scafe.evals.processes.experts import named_extractors
from scafe.evals.transfer.survey import Surveyed, survey
from scafe.knowledge.contract.errors import DatasetError, ScafeError
from scafe.knowledge.contract.inert import inert, inert_lines
from scafe.knowledge.criteria.pack import load_pack
from scafe.knowledge.locators.reference import reference_locator
from scafe.sandbox.pool.pool import Pool


def main(arguments: Sequence[str] | None = None) -> int:
    """Survey once; 0 ok, 1 phantoms do not resemble the images for some feature, 2 unusable input."""
    reuse_memory()
    options = _parser().parse_args(arguments)
    try:
        told = _surveyed(options)
    except ScafeError as error:
        if options.json:
            print(json.dumps({"error": type(error).__name__, "message": str(error)}))
        print(f"scafe: {inert_lines(str(error))}", file=sys.stderr)
        return error.exit_code
    print(json.dumps(told, sort_keys=True))
    return 1 if told["unlike"] else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scafe.evals.processes.transfer", description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--pack", required=True)
    parser.add_argument("--extractor", action="append", default=[])
    parser.add_argument("--bundle")
    parser.add_argument("--mask-label", type=int)
    parser.add_argument("--ignore-columns", default="")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--allow-weaker", action="store_true")
    parser.add_argument("--sandbox", choices=("local", "bwrap", "docker", "gvisor"), default="local")
    return parser


def _surveyed(options: argparse.Namespace) -> dict[str, Any]:
    pack = load_pack(options.pack)
    ignored = tuple(name for name in options.ignore_columns.split(",") if name.strip())
    shown = images_at(options.data, pack.modality.channels, ColumnChoice(ignored, None, pack.ids))
    if len(shown) < LEAST:
        raise DatasetError(
            f"{inert(options.data)}: {len(shown)} images; at least {LEAST} are needed to say how features do"
        )
    extractors = named_extractors(options, pack)
    lacking = any(one.mask is None for one in shown)
    locator = reference_locator(pack) if pack.region and lacking else None
    with Pool(options.workers, allow_weaker=options.allow_weaker, backend=options.sandbox) as pool:
        found = survey(
            shown, extractors, pack, pool, locator, mask_label=options.mask_label, seed=options.seed
        )
    rows = [_plain(one, len(shown)) for one in found]
    unlike = [row["feature"] for row in rows if row["resembles"] is False]
    masks = pack.region if locator else None
    return {"images": len(shown), "masks_found_for": masks, "features": rows, "unlike": unlike}


def _plain(one: Surveyed, images: int) -> dict[str, Any]:
    found, told = one.transfer, disclosed_transfer(one.transfer, StillEdges(), images)
    words = "hardly varies" if found.is_constant else "too few values to say"
    return {
        "feature": found.feature,
        "criterion": one.criterion,
        "missing": _rounded(found.missing),
        "constant": found.is_constant,
        "outside": _rounded(found.outside),
        "spread": _rounded(found.spread),
        "saturated": _rounded(found.saturated),
        "stability": _rounded(found.stability),
        "worst_perturbation": found.worst_perturbation,
        "follows": {name: _rounded(value) for name, value in found.follows.items()},
        "overlap": _rounded(found.overlap),
        "overlaps_with": found.overlaps_with,
        "resembles": None if told is None else told.resembles,
        "finding": words if told is None else told.in_words(),
    }


def _rounded(value: float) -> float | None:
    return round(value, 3) if math.isfinite(value) else None


if __name__ == "__main__":
    raise SystemExit(main())

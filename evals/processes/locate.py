"""Find a pack's region on images, in a process of its own: `python -m scafe.evals.processes.locate DATA …`.

The command line starts it and hands its output through, so that the process that may hold a model
client never holds an image.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scafe.evals.data.decoding.allocator import reuse_memory
from scafe.evals.data.formats import read_as
from scafe.evals.data.regions.counts import RegionCounts
from scafe.evals.data.regions.export import MANIFEST, UNCERTAIN, OutFolder, Outlined, outlined
from scafe.evals.data.regions.listing import Shown, images_at
from scafe.evals.data.regions.looks import Found, require_plausible
from scafe.evals.data.regions.store import KeptRegion, as_kept
from scafe.evals.data.rules.reading import Reading
from scafe.evals.data.tables.columns import ColumnChoice
from scafe.knowledge.contract.errors import ContractError, ScafeError
from scafe.knowledge.contract.extractor import read_module
from scafe.knowledge.contract.inert import inert_lines
from scafe.knowledge.contract.locator import Locator, parse_locator
from scafe.knowledge.criteria.pack import CriteriaPack, load_pack
from scafe.knowledge.locators.reference import reference_locator
from scafe.sandbox.pool.pool import Pool
from scafe.sandbox.pool.regions.finding import locate

BATCH = 64
"""Images held in memory at once."""
TOLD = 10
"""Least certain images that are named on the terminal."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Locate and write; return the exit code of the command line."""
    reuse_memory()
    options = _parser().parse_args(arguments)
    try:
        told = _located(options)
    except ScafeError as error:
        if options.json:
            print(json.dumps({"error": type(error).__name__, "message": str(error)}))
        print(f"scafe: {inert_lines(str(error))}", file=sys.stderr)
        return error.exit_code
    print(json.dumps(told, sort_keys=True) if options.json else inert_lines("\n".join(lines(told))))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scafe.evals.processes.locate", description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--pack", required=True)
    parser.add_argument("--locator")
    parser.add_argument("--out", required=True)
    parser.add_argument("--mask-label", type=int)
    parser.add_argument("--ignore-columns", default="")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--allow-weaker", action="store_true")
    parser.add_argument("--sandbox", choices=("local", "bwrap", "docker", "gvisor"), default="local")
    return parser


def _located(options: argparse.Namespace) -> dict[str, Any]:
    pack = load_pack(options.pack)
    locator = _chosen(pack, options.locator)
    ignored = tuple(name for name in options.ignore_columns.split(",") if name.strip())
    shown = images_at(options.data, pack.modality.channels, ColumnChoice(ignored, None))
    out = OutFolder(Path(options.out))
    with Pool(options.workers, allow_weaker=options.allow_weaker, backend=options.sandbox) as pool:
        done = [
            one
            for start in range(0, len(shown), BATCH)
            for one in _batch(shown[start : start + BATCH], start, locator, pool, out, options.mask_label)
        ]
    found = [Found(one.shown.where, one.region) for one, _ in done if one.region is not None]
    ranked = sorted((one for one, _ in done), key=lambda one: one.certainty)
    out.write_manifest([(one.shown, mask) for one, mask in done])
    out.write_uncertain(ranked)
    sheets = out.write_sheets(ranked)
    return {**_told(locator, ranked, out, sheets), "warning": _warning(found, locator)}


def _chosen(pack: CriteriaPack, path: str | None) -> Locator:
    reference = None if path else reference_locator(pack)
    locator = reference or parse_locator(read_module(Path(str(path))))
    if locator.region != pack.region:
        raise ContractError(
            f'{path}: LOCATOR is "{locator.region}"; the region of pack {pack.id} is "{pack.region}"'
        )
    return locator


def _batch(
    shown: Sequence[Shown], start: int, locator: Locator, pool: Pool, out: OutFolder, mask_label: int | None
) -> list[tuple[Outlined, Path | None]]:
    """Read some images, locate on those without a mask, and keep thumbnails alone."""
    pairs = [read_as(one.pixels, Reading(mask_label)).read(one.where).pair for one in shown]
    lacking = [place for place, one in enumerate(shown) if one.mask is None]
    located = locate(pool, locator.source, [pairs[place].image for place in lacking])
    regions = {
        place: as_kept(found, pairs[place].image) for place, found in zip(lacking, located.found, strict=True)
    }
    done: list[tuple[Outlined, Path | None]] = []
    for place, (one, pair) in enumerate(zip(shown, pairs, strict=True)):
        region = regions.get(place)
        mask = pair.mask if region is None else region.mask
        written = one.mask if region is None else _written(out, start + place, one, region)
        done.append((Outlined(one, region, outlined(pair.image, mask)), written))
    return done


def _written(out: OutFolder, number: int, shown: Shown, region: KeptRegion) -> Path | None:
    """Write a mask that was found; an empty one is no mask for a run, so its row stays without."""
    return out.write_mask(number, shown, region.mask) if region.origin == "found" else None


def _told(
    locator: Locator, ranked: Sequence[Outlined], out: OutFolder, sheets: Sequence[Path]
) -> dict[str, Any]:
    asked = [one for one in ranked if one.region is not None]
    return {
        "region": locator.region,
        "locator": locator.sha256,
        "images": len(ranked),
        "masks": RegionCounts.of(one.origin for one in ranked).model_dump(),
        "out": str(out.path),
        "manifest": str(out.path / MANIFEST),
        "uncertain_table": str(out.path / UNCERTAIN),
        "sheets": [str(path) for path in sheets],
        "least_certain": [
            {"image": one.shown.name, "mask": one.origin, "confidence": one.region.confidence}
            for one in asked[:TOLD]
            if one.region is not None
        ],
    }


def _warning(found: Sequence[Found], locator: Locator) -> str:
    """Return what a run would say of these masks; '' if they can be used."""
    try:
        require_plausible(found, locator.region)
    except ScafeError as error:
        return str(error)
    return ""


def lines(told: dict[str, Any]) -> list[str]:
    """Put an answer into lines for a person."""
    said = [
        f"{told['region']}: {RegionCounts(**told['masks'])}, on {told['images']} images",
        f"manifest with masks: {told['manifest']}",
        f"contact sheets, the least certain first: {', '.join(told['sheets'])}",
        f"all by certainty: {told['uncertain_table']}",
    ]
    said += [
        f"  {one['image']}: {one['mask']}, confidence {one['confidence']:.2f}"
        for one in told["least_certain"]
    ]
    if told["warning"]:
        said.append(f"warning: {told['warning']}")
    return said


if __name__ == "__main__":
    raise SystemExit(main())

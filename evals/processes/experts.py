"""Compare features with experts' scores, in a process of its own: `python -m scafe.evals.processes.experts`.

The command line starts it and hands its output through, so that the process that may hold a model
client never holds an image.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from scafe.evals.data.decoding.allocator import reuse_memory
from scafe.evals.experts.scores import Scored, read_scores
from scafe.evals.experts.validation import validate
from scafe.evals.frozen.bundle import open_bundle
from scafe.knowledge.contract.errors import PackError, ScafeError
from scafe.knowledge.contract.extractor import Extractor, parse_extractor, read_module
from scafe.knowledge.contract.inert import inert_lines
from scafe.knowledge.criteria.pack import CriteriaPack, load_pack
from scafe.knowledge.locators.reference import reference_locator
from scafe.knowledge.measures import load_measure
from scafe.sandbox.pool.pool import Pool


def main(arguments: Sequence[str] | None = None) -> int:
    """Validate once; 0 ok, 1 something to look at, 2 input that cannot be used."""
    reuse_memory()
    options = _parser().parse_args(arguments)
    try:
        pack = load_pack(options.pack)
        ignored = tuple(name for name in options.ignore_columns.split(",") if name.strip())
        scored = read_scores(options.data, pack, ignored)
        extractors = named_extractors(options, pack)
        locator = reference_locator(pack) if pack.region and _lacks_masks(scored) else None
        with Pool(options.workers, allow_weaker=options.allow_weaker, backend=options.sandbox) as pool:
            found = validate(scored, extractors, pool, locator)
    except ScafeError as error:
        if options.json:
            print(json.dumps({"error": type(error).__name__, "message": str(error)}))
        print(f"scafe: {inert_lines(str(error))}", file=sys.stderr)
        return error.exit_code
    print(json.dumps(found.as_plain(), sort_keys=True))
    return 1 if found.warnings() else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scafe.evals.processes.experts", description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--pack", required=True)
    parser.add_argument("--extractor", action="append", default=[])
    parser.add_argument("--bundle")
    parser.add_argument("--ignore-columns", default="")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--allow-weaker", action="store_true")
    parser.add_argument("--sandbox", choices=("local", "bwrap", "docker", "gvisor"), default="local")
    return parser


def named_extractors(options: argparse.Namespace, pack: CriteriaPack) -> list[Extractor]:
    """Return the extractors that were named, or those of a bundle, or the pack's reference measures."""
    if options.extractor:
        return [parse_extractor(read_module(Path(path))) for path in options.extractor]
    if options.bundle:
        bundle = open_bundle(options.bundle)
        return [parse_extractor(bundle.source(name)) for name in bundle.extractors]
    names = dict.fromkeys(
        proxy.measure for one in pack.observable_criteria for proxy in one.proxies if proxy.measure
    )
    if not names:
        raise PackError(f"pack {pack.id} names no measures; say --extractor FILE or --bundle FOLDER")
    return [load_measure(name) for name in names]


def _lacks_masks(scored: Scored) -> bool:
    return any(one.mask is None for one in scored.listed)


if __name__ == "__main__":
    raise SystemExit(main())

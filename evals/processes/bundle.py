"""Verify and predict in a process of their own: `python -m scafe.evals.processes.bundle verify BUNDLE`.

The command line starts it and hands its output through, so that the process that may hold a model
client never holds an image. With `--json` predict prints a document for each image on a line of its own, as
soon as it has one, and `{"whole": true}` at the end.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from scafe.evals.cluster.client import Cluster
from scafe.evals.cluster.work import Walls
from scafe.evals.companion.companion import Companion
from scafe.evals.data.decoding.allocator import reuse_memory
from scafe.evals.data.tables.columns import ColumnChoice
from scafe.evals.frozen.beside.prediction import companion_of, lacking_words
from scafe.evals.frozen.bundle import Bundle, open_bundle
from scafe.evals.frozen.predict import Prediction, look_for, mask_counts, predict_each
from scafe.evals.frozen.verify import verify_opened
from scafe.evals.processes.elsewhere import predict_elsewhere
from scafe.knowledge.contract.errors import IntegrityError, ScafeError
from scafe.knowledge.contract.inert import inert_lines
from scafe.knowledge.contract.percent import PERCENT
from scafe.sandbox.pool.pool import Pool

Predictor = Callable[..., Iterator[Prediction]]
"""Takes `pictures` and `mask_label`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code of the command line (0 ok, 2 input, 4 integrity, 6 sandbox)."""
    reuse_memory()
    PERCENT.connect()
    options = _parser().parse_args(arguments)
    try:
        return _answer(options, open_bundle(options.bundle))
    except ScafeError as error:
        if options.json:
            print(json.dumps({"error": type(error).__name__, "message": str(error)}))
        print(f"scafe: {inert_lines(str(error))}", file=sys.stderr)
        return error.exit_code


def _answer(options: argparse.Namespace, bundle: Bundle) -> int:
    _ = bundle.classifier  # a bundle that is none is told before three seconds go into a sandbox
    companion = companion_of(bundle, options.companion) if options.command == "predict" else None
    if options.cluster:
        with Cluster(options.cluster, Walls(options.sandbox, options.allow_weaker)) as cluster:
            far = partial(predict_elsewhere, cluster, options.bundle, beside=_absolute(options.companion))
            return _predict(options, bundle, far, companion)
    with Pool(options.workers, allow_weaker=options.allow_weaker, backend=options.sandbox) as pool:
        if options.command == "verify":
            return _verify(options, bundle, pool)
        near = partial(predict_each, bundle, pool=pool, companion=companion)
        return _predict(options, bundle, near, companion)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scafe.evals.processes.bundle", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("verify", "predict"):
        one = commands.add_parser(name)
        one.add_argument("bundle")
        one.add_argument("--json", action="store_true")
        one.add_argument("--workers", type=int, default=2)
        one.add_argument("--allow-weaker", action="store_true")
        one.add_argument("--sandbox", choices=("local", "bwrap", "docker", "gvisor"), default="local")
    commands.choices["predict"].add_argument("--data", required=True)
    commands.choices["predict"].add_argument("--mask-label", type=int)
    commands.choices["predict"].add_argument("--companion")
    commands.choices["predict"].add_argument("--cluster")
    commands.choices["verify"].set_defaults(cluster=None)
    commands.choices["predict"].add_argument("--ignore-columns", default="")
    return parser


def _verify(options: argparse.Namespace, bundle: Bundle, pool: Pool) -> int:
    found = verify_opened(bundle, pool)
    if options.json:
        told = {"ok": found.is_good, "sentences": found.sentences()}
        print(json.dumps({**found.model_dump(mode="json"), **told}, sort_keys=True))
    else:
        print(inert_lines("\n".join(found.sentences())))
    return 0 if found.is_good else IntegrityError.exit_code


def _absolute(companion: str | None) -> str | None:
    """Return a network's file as workers find it, in whatever folder they run."""
    kind, colon, path = (companion or "").partition(":")
    return f"{kind}:{Path(path).absolute()}" if colon else companion


def _predict(
    options: argparse.Namespace, bundle: Bundle, predicted: Predictor, companion: Companion | None
) -> int:
    data = Path(options.data).absolute() if options.cluster else options.data
    met = look_for(data, bundle.manifest.channels, _columns(options, bundle))
    for words in met.passed_over:
        print(inert_lines(f"Passed over: {words}"), file=sys.stderr)
    if bundle.changed_versions:
        print(_other_libraries(bundle.changed_versions), file=sys.stderr)
    if lacking := lacking_words(bundle, companion):
        print(inert_lines(lacking), file=sys.stderr)
    origins = []
    for one in predicted(pictures=met.pictures, mask_label=options.mask_label):
        origins.append(one.mask)
        print(_line(one) if options.json else inert_lines("\n".join(_words(one, bundle.manifest.classes[0]))))
    counts = mask_counts(origins)
    if counts is not None:
        print(f"Masks: {counts}.", file=sys.stderr)
    if options.json:
        masks = {"masks": counts.model_dump()} if counts is not None else {}
        print(json.dumps({"whole": True, **masks}))
    else:
        print("For research only; not for diagnosis.", file=sys.stderr)
    return 0


def _line(one: Prediction) -> str:
    return json.dumps(one.model_dump(mode="json"), sort_keys=True)


def _columns(options: argparse.Namespace, bundle: Bundle) -> ColumnChoice:
    typed = tuple(name for name in options.ignore_columns.split(",") if name.strip())
    return ColumnChoice((*typed, *bundle.manifest.ignore_columns), bundle.manifest.patient_column)


def _other_libraries(versions: dict[str, tuple[str, str]]) -> str:
    told = ", ".join(f"{name} {here} (was {then})" for name, (then, here) in sorted(versions.items()))
    return f"Other libraries than when it was frozen: {told}; `scafe verify` says whether its features agree."


def _words(one: Prediction, positive: str) -> list[str]:
    lines = [f"{one.image}: {one.label} (probability of {positive} {one.probability[positive]:.3f})"]
    for criterion in one.criteria:
        parts = ", ".join(
            f"{share.feature} {'n/a' if share.value is None else f'{share.value:.4g}'} {share.unit}"
            for share in criterion.features
        )
        lines.append(f"  {criterion.log_odds:+.2f} {criterion.criterion} ({parts})")
    if one.fused is not None:
        lines.append(
            f"  with appearance: probability of {positive} {one.fused.probability[positive]:.3f} "
            f"(criteria {one.fused.criteria_log_odds:+.2f}, appearance {one.fused.appearance_log_odds:+.2f})"
        )
    return lines


if __name__ == "__main__":
    raise SystemExit(main())

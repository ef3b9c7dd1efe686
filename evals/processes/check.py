"""Look data over, or test the gate, in a process of its own: `python -m scafe.evals.processes.check data …`.

The command line starts it and hands its output through, so that the process that may hold a model
client never holds an image.
"""

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence
from typing import get_args

from scafe.evals.audit.audit import Audit, audit_dataset
from scafe.evals.audit.looks import Looks
from scafe.evals.data.decoding.allocator import reuse_memory
from scafe.evals.data.manifest import open_dataset
from scafe.evals.data.tables.columns import ColumnChoice
from scafe.evals.experts.agreement import chance_warnings
from scafe.evals.experts.rated import Rated, open_rated
from scafe.evals.scoring.simulation import GateSelftest, selftest_gate
from scafe.evals.scoring.threads import one_thread
from scafe.knowledge.contract.errors import ScafeError
from scafe.knowledge.contract.inert import inert_lines
from scafe.knowledge.contract.masks import MaskMethod
from scafe.knowledge.contract.percent import PERCENT
from scafe.knowledge.criteria.pack import load_pack


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 ok, 1 something to look at, 2 input that cannot be used."""
    reuse_memory()
    PERCENT.connect()
    options = _parser().parse_args(arguments)
    try:
        return _data(options) if options.command == "data" else _gate(options)
    except ScafeError as error:
        if options.json:
            print(json.dumps({"error": type(error).__name__, "message": str(error)}))
        print(f"scafe: {inert_lines(str(error))}", file=sys.stderr)
        return error.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scafe.evals.processes.check", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    data = commands.add_parser("data")
    data.add_argument("path")
    data.add_argument("--pack")
    data.add_argument("--labels", default="", help="positive,negative")
    data.add_argument("--segment", choices=get_args(MaskMethod), default="none")
    data.add_argument("--mask-label", type=int)
    data.add_argument("--ignore-columns", default="", help="comma-separated")
    data.add_argument("--patient-column")
    data.add_argument("--seed", type=int, default=0)
    gate = commands.add_parser("gate")
    gate.add_argument("--noise", type=int, default=40)
    gate.add_argument("--n", type=int, default=80)
    gate.add_argument("--reps", type=int, default=100)
    gate.add_argument("--useful", type=float, default=0.0)
    gate.add_argument("--seed", type=int, default=0)
    for one in (data, gate):
        one.add_argument("--json", action="store_true")
    return parser


def _data(options: argparse.Namespace) -> int:
    pack = load_pack(options.pack) if options.pack else None
    labels = tuple(label for label in options.labels.split(",") if label)
    expected, channels = (pack.classes, pack.modality.channels) if pack else ((), ("R", "G", "B"))
    ignored = tuple(name for name in options.ignore_columns.split(",") if name.strip())
    columns = ColumnChoice(ignored, options.patient_column, pack.ids if pack else ())
    looks = Looks(pack)
    with one_thread():  # images are looked at side by side already
        dataset = open_dataset(
            options.path,
            labels,
            expected,
            channels,
            options.segment,
            mask_label=options.mask_label,
            columns=columns,
            seen=looks,
            fills=pack is not None and pack.region is not None,
        )
    found = audit_dataset(dataset, pack, options.seed, looks)
    rated = open_rated(options.path, pack, columns, dataset) if pack else None
    found = found if rated is None else _with_experts(found, rated)
    if options.json:
        print(json.dumps({**found.model_dump(mode="json"), "ok": found.is_clean}, sort_keys=True))
    else:
        print(inert_lines("\n".join(audit_lines(found))))
    return 0 if found.is_clean else 1


def _with_experts(audit: Audit, rated: Rated) -> Audit:
    raters = rated.raters().values()
    counted = tuple(f"{one.criterion} ({one.raters})" for one in raters)
    warnings = (*audit.warnings, *chance_warnings(raters))
    return audit.model_copy(update={"experts": counted, "warnings": warnings})


def audit_lines(audit: Audit) -> list[str]:
    """Put an audit into lines for a person."""
    lines = [
        f"{one.label}: {one.images} images of {one.patients} patients, at most "
        f"{one.most_images_of_a_patient} of one"
        for one in audit.classes
    ]
    lines += [f"passed over: {words}" for words in audit.passed_over]
    lines += [f"experts' scores (raters): {', '.join(audit.experts)}"] if audit.experts else []
    low, middle, high = audit.width
    lines.append(
        f"width {low} to {high} px (median {middle}), height {audit.height[0]} to {audit.height[2]} px"
    )
    lines.append(f"masks: {audit.masks}")
    lines.append(
        f"feedback {audit.mode}, {audit.queries} label queries, {audit.dev_patients} patients to "
        f"develop on, {audit.sealed_patients} sealed"
    )
    lines += [f"{one.kind} duplicate: {one.first} = {one.second}" for one in audit.duplicates]
    lines += [
        f"{one.shortcut} alone: " + ("the same everywhere" if one.auc is None else f"AUC {one.auc:.2f}")
        for one in audit.leaks
    ]
    lines += [f"{one.format}, {one.standing}: {one.name} in {one.images} images" for one in audit.formats]
    lines += [f"skin {one.group}: {one.patients}" for one in audit.tones]
    return [*lines, *(f"warning: {warning}" for warning in audit.warnings)]


def _gate(options: argparse.Namespace) -> int:
    found = selftest_gate(options.noise, options.n, options.reps, options.useful, seed=options.seed)
    if options.json:
        print(json.dumps({**dataclasses.asdict(found), "ok": found.has_passed}, sort_keys=True))
    else:
        print("\n".join(gate_lines(found)))
    return 0 if found.has_passed or options.useful else 1


def gate_lines(found: GateSelftest) -> list[str]:
    """Put a self-test into a table for a person."""
    head = f"{'rule':48s} noise kept  useful kept  optimism  true gain       true AUC"
    rows = [
        f"{row.rule:48s} {row.noise_kept:10.2f}  {row.useful_kept:11.2f}  {row.optimism:+8.3f}  "
        f"{row.gain:+.3f} ± {row.gain_se:.3f}  {row.true_auc:.3f}"
        for row in found.rows
    ]
    said = "the gate keeps noise out" if found.has_passed else "the gate does not hold on these studies"
    return [head, *rows, f"best here: {found.best}; {said}"]


if __name__ == "__main__":
    raise SystemExit(main())

"""The acceptance rules over sample sizes and shares of useful features: `python -m benchmarks.studies.gate`.

Writes benchmarks/studies/gate.md from simulated studies; a finished cell is kept under --out and not run
again.
"Pruned on fresh folds" without a gate is left out here: at 320 patients it takes half a minute a study
(`scafe selftest gate` has it).
"""

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

from scafe.evals.scoring.simulation import GATE, RULES, SHIPPED, selftest_gate

PAGE = Path(__file__).with_suffix(".md")
SIZES = (40, 80, 160, 320)
SHARES = (0.0, 0.1, 0.3)
SLOW = "all stable features, pruned on fresh folds"
CHOSEN = tuple(rule for rule in RULES if rule != SLOW)
NULL_CELL = (80, 0.0)
"""The cell that the gate's limits are stated for; it has --reps studies, the others --fewer."""
HEAD = """# What acceptance rules keep, and what it costs

Made by `python -m benchmarks.studies.gate`. Simulated studies with 3 features of .5 standard deviations at
the
start and 40 proposals of which a share separates the classes by .5 standard deviations; independent normal
features; half of the patients in each class. True AUC on 3,000 fresh cases of the classifier fitted to what
was kept; "gain" is against the features at the start, with its standard error over studies; "optimism" is the
cross-validated AUC that the loop would believe, less the true one. Published rules are those read in the
sources of the systems, simplified to greedy additions.
"""


def main() -> None:
    """Run what is missing, and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--reps", type=int, default=100, help="studies of 80 patients without useful features"
    )
    parser.add_argument("--fewer", type=int, default=30, help="studies of every other cell")
    parser.add_argument("--out", default="runs/gate")
    options = parser.parse_args()
    parts = [HEAD]
    for share in SHARES:
        for n in SIZES:
            reps = options.reps if (n, share) == NULL_CELL else options.fewer
            parts.append(_table(_cell(Path(options.out), n, share, reps)))
            PAGE.write_text("\n".join(parts), encoding="utf-8")
            print(f"n {n}, useful {share:.0%}: done", flush=True)


def _cell(out: Path, n: int, share: float, reps: int) -> dict[str, Any]:
    path = out / f"{n}-{share}-{reps}.json"
    if not path.exists():
        found = selftest_gate(40, n, reps, share, rules=CHOSEN)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({**dataclasses.asdict(found), "best": found.best}))
    cell: dict[str, Any] = json.loads(path.read_text())
    return cell


def _table(cell: dict[str, Any]) -> str:
    lines = [
        f"## {cell['n']} patients, {cell['useful_share']:.0%} of 40 proposals useful "
        f"({cell['repetitions']} studies)",
        "",
        "| rule | noise kept | useful kept | true AUC | gain (SE) | optimism |",
        "|---|---|---|---|---|---|",
    ]
    for row in cell["rows"]:
        mark = "**" if row["rule"] == cell["best"] else ""
        name = f"{row['rule']} (search)" if row["rule"] == GATE else row["rule"]
        lines.append(
            f"| {mark}{name}{mark} | {row['noise_kept']:.2f} | {row['useful_kept']:.2f} | "
            f"{row['true_auc']:.3f} | {row['gain']:+.3f} ({row['gain_se']:.3f}) | {row['optimism']:+.3f} |"
        )
    return "\n".join([*lines, "", _verdict(cell), ""])


def _verdict(cell: dict[str, Any]) -> str:
    """Say whether a shipped rule is the best of the cell, and by how much it is not."""
    rows = {row["rule"]: row for row in cell["rows"]}
    best = rows[cell["best"]]
    behind = {rule: best["true_auc"] - rows[rule]["true_auc"] for rule in (SHIPPED, GATE)}
    told = "; ".join(f"{rule}: {-gap:+.3f}" for rule, gap in behind.items())
    return f"Best: {cell['best']}. True AUC against it: {told}."


if __name__ == "__main__":
    main()

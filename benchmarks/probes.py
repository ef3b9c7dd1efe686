"""Do the reference measures answer to what they claim? Run with `python -m benchmarks.probes`.

For every measure of every shipped pack: Spearman's rho with its own dial, whether a full turn of that
dial moves it further than any other dial, and how far white balance ±10 % and exposure ×0.7 move it, in
class spreads. A measure claims invariance to what its criterion does not list as a confounder. A run on
every pack writes benchmarks/probes.md.
"""

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scafe.knowledge.contract.extractor import parse_extractor
from scafe.knowledge.criteria.pack import CriteriaPack, Criterion, load_pack, pack_names
from scafe.knowledge.measures import measure_source
from scafe.knowledge.phantoms import load_phantom
from scafe.sandbox.pool.pool import ImageAndMask, Pool
from scafe.sandbox.probes.evidence import Measured, measure
from scafe.sandbox.probes.panel import N_SETTINGS, SIZE_PX, build_panel

PAGE = Path(__file__).with_suffix(".md")
CHANGES = {"white_balance": (0.0, -0.1, 0.1), "light": (1.0, 0.7)}
ALLOWED_SPREADS = 0.5
CONFOUNDERS = {"white_balance": ("white_balance", "colour_calibration"), "light": ("exposure", "light")}


@dataclass(frozen=True)
class Row:
    """One feature of one measure."""

    measure: str
    feature: str
    criterion: str
    own_rho: float
    right_sign: bool
    own_is_strongest: bool
    strongest: str
    shifts: dict[str, float]
    claims: tuple[str, ...]
    """Nuisances among `CHANGES` that the criterion does not list as confounders."""


def rows_of(pack: CriteriaPack, pool: Pool, seen: set[str]) -> list[Row]:
    """Measure every reference measure of a pack that was not seen in an earlier pack."""
    found = []
    for criterion in pack.observable_criteria:
        for name in sorted({proxy.measure for proxy in criterion.proxies if proxy.measure}):
            if name not in seen:
                seen.add(name)
                found += _measure(name, criterion, pack, pool)
    return found


def _measure(name: str, criterion: Criterion, pack: CriteriaPack, pool: Pool) -> list[Row]:
    source = measure_source(name)
    panel = build_panel(pack.phantom)
    extraction = pool.extract(source, panel.images, talkative=True)
    shifted = {change: _shifted(source, pack, change, pool) for change in CHANGES}
    rows = []
    for number, feature in enumerate(parse_extractor(source).features):
        measured = measure(panel, extraction.rows[:, number])
        shifts = {change: _in_spreads(values[..., number], measured) for change, values in shifted.items()}
        rows.append(_row(name, feature.name, feature.direction, criterion, measured, shifts))
    return rows


def _shifted(source: str, pack: CriteriaPack, change: str, pool: Pool) -> NDArray[np.float64]:
    """Return (n_settings, n_levels, n_features) values under one change of light."""
    phantom = load_phantom(pack.phantom)
    known = {one.name for one in phantom.nuisances}
    levels = CHANGES[change] if change in known else (None,) * 2
    images = []
    for setting in range(N_SETTINGS):
        for level in levels:
            moved = {} if level is None else {change: level}
            one = phantom.render(1000 + setting, None, moved, SIZE_PX)
            images.append(ImageAndMask(one.image, one.mask))
    rows = pool.extract(source, images, talkative=True).rows
    return rows.reshape(N_SETTINGS, len(levels), -1)


def _in_spreads(values: NDArray[np.float64], measured: Measured) -> float:
    if measured.class_spread == 0:
        return 0.0
    shifts = np.abs(values[:, 1:] - values[:, :1]).mean(axis=0)
    return round(float(shifts.max() / measured.class_spread), 3)


def _row(
    name: str,
    feature: str,
    direction: str,
    criterion: Criterion,
    measured: Measured,
    shifts: dict[str, float],
) -> Row:
    own = next(one for one in measured.responses if one.dial == criterion.dial)
    strongest = max(measured.responses, key=lambda one: (one.reach * (abs(one.median) >= 0.5), one.dial))
    wanted = {"up": 1, "down": -1}.get(direction, 0)
    return Row(
        measure=name,
        feature=feature,
        criterion=criterion.id,
        own_rho=round(own.median, 3),
        right_sign=wanted == 0 or own.median * wanted > 0,
        own_is_strongest=strongest.dial == own.dial,
        strongest=strongest.dial,
        shifts=shifts,
        claims=tuple(c for c in CHANGES if not set(CONFOUNDERS[c]) & set(criterion.confounders)),
    )


def summary(rows: list[Row]) -> dict[str, float]:
    """Reduce the rows to the figures that are promised."""
    claimed = [row.shifts[one] for row in rows for one in row.claims]
    return {
        "features": len(rows),
        "median_own_rho": float(np.median([abs(row.own_rho) for row in rows])),
        "wrong_signs": sum(not row.right_sign for row in rows),
        "own_strongest_share": float(np.mean([row.own_is_strongest for row in rows])),
        "claimed_shifts": len(claimed),
        "claimed_shifts_over_limit": sum(one > ALLOWED_SPREADS for one in claimed),
    }


HEAD = """# Do the reference measures answer to what they claim?

Made by `python -m benchmarks.probes`, on phantoms alone. ρ is Spearman's with the criterion's own dial
(median over {settings} settings of the other dials). *Strongest*: the dial whose full turn moves the feature
furthest, among those it follows with |ρ| ≥ .5. Shifts are in class spreads; † marks what the criterion lists
as a confounder, so that nothing is promised. Phantoms say nothing of real images: see [power.md](power.md).

Wrong extractors are caught by name in `tests/sandbox/probes/test_probe_zoo.py`, wrong locators in
`tests/sandbox/probes/regions/test_locator_zoo.py`, cohorts whose classes differ by nothing in
`tests/evals/frozen/test_seal.py`, cohorts with a shortcut in `tests/evals/audit/test_audit.py`.

| what is promised | figure |
|---|---|
| features | {features} |
| median of absolute own ρ (at least .8) | {median_own_rho:.2f} |
| wrong signs (0) | {wrong_signs} |
| moved furthest by their own dial | {own_strongest_share:.0%} |
| claimed shifts beyond {allowed} class spreads | {claimed_shifts_over_limit} of {claimed_shifts} |

| feature | measure | own ρ | strongest | white balance ±10 % | exposure ×0.7 |
|---|---|---|---|---|---|
"""


def page(rows: list[Row]) -> str:
    """Return the figures of every measure in Markdown."""
    head = HEAD.format(settings=N_SETTINGS, allowed=ALLOWED_SPREADS, **summary(rows))
    return head + "".join(f"{_line(row)}\n" for row in rows)


def _line(row: Row) -> str:
    shifts = [f"{shift:.2f}{'' if change in row.claims else ' †'}" for change, shift in row.shifts.items()]
    strongest = "its own" if row.own_is_strongest else row.strongest
    sign = "" if row.right_sign else " (wrong sign)"
    cells = [row.feature, f"`{row.measure}`", f"{row.own_rho:+.2f}{sign}", strongest, *shifts]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print one line per feature and the summary."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pack", action="append", help="only this pack; may be repeated")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    seen: set[str] = set()
    with Pool(workers=asked.workers) as pool:
        rows = [row for name in asked.pack or pack_names() for row in rows_of(load_pack(name), pool, seen)]
    if asked.json:
        print(json.dumps({"rows": [asdict(row) for row in rows], "summary": summary(rows)}, indent=1))
        return
    print(f"{'feature':28s} {'measure':30s} {'own ρ':>6s}  strongest dial      shifts in class spreads")
    for row in rows:
        mark = "" if row.own_is_strongest else "  <- not its own"
        shifts = " ".join(
            f"{change}={shift:.2f}{'' if change in row.claims else ' (confounder)'}"
            for change, shift in row.shifts.items()
        )
        print(f"{row.feature:28s} {row.measure:30s} {row.own_rho:+6.2f}  {row.strongest:18s}  {shifts}{mark}")
    for name, value in summary(rows).items():
        print(f"{name:28s} {value:g}")
    if not asked.pack:
        PAGE.write_text(page(rows), encoding="utf-8")


if __name__ == "__main__":
    main()

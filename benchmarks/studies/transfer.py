"""How often probe verdicts and real images agree, over drafts of the kept played runs and shipped measures.

    python -m benchmarks.studies.transfer --data ../shared/data --kept /tmp/transfer

Measures every extractor on phantoms (its verdict) and on the development images of real sets (missing values,
stability under perturbation, range, spread, what it follows), and only then sets its features beside the
labels. Writes benchmarks/studies/transfer.md; what was measured is kept under --kept. A set that is not
there is skipped, loudly.
"""

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.studies.real_images import of_one_label
from benchmarks.studies.recorded_verdicts import recorded, recorded_lines
from scafe.evals.disclosure.bands import null_se
from scafe.evals.disclosure.bench import BenchSpec
from scafe.evals.disclosure.session import BenchSession
from scafe.evals.disclosure.truths.transfers import measured_transfer
from scafe.evals.disclosure.verdicts import phantom_verdict
from scafe.evals.scoring.stats import auc
from scafe.knowledge.contract.extractor import Extractor, parse_extractor
from scafe.knowledge.contract.locator import is_locator
from scafe.knowledge.criteria.directions import predicted_sign
from scafe.knowledge.criteria.pack import CriteriaPack, load_pack
from scafe.knowledge.measures import measure_source
from scafe.sandbox.pool.pool import Pool
from scafe.sandbox.probes.verdict import Verdict

PAGE = Path(__file__).with_suffix(".md")
RUNS = Path(__file__).parents[2] / "runs" / "reference"
TELLING = 2.0
"""Standard errors from one half past which an AUC counts as telling the classes apart."""
STEADY = 0.75


@dataclass(frozen=True)
class RealSet:
    """One set of real images, and the played runs whose drafts were written for it."""

    folder: str
    pack: str
    labels: tuple[str, ...]
    played: tuple[str, ...] = ()


SETS = (
    RealSet("ham10000", "dermoscopy.abcd", ("mel", "nv"), ("played-dermoscopy", "played-dermoscopy-toolkit")),
    RealSet("breast_ultrasound", "ultrasound.birads", ("malignant", "benign"), ("located-played",)),
    RealSet("clinical_photo", "photo.skin_lesion", ("malignant", "benign")),
    RealSet("chest_xray", "radiograph.chest", ("bacteria", "virus")),
)


@dataclass(frozen=True)
class Row:
    """One feature: what the probes said, what images say, and last what the labels say."""

    folder: str
    origin: str
    """draft of a played run, or measure."""
    criterion: str
    feature: str
    accepted: bool
    codes: tuple[str, ...]
    """Of findings that reject it."""
    phantom_icc: float | None
    icc: float | None
    worst: str
    missing: float
    outside: float
    spread: float | None
    saturated: float
    follows: float
    """Largest |partial rank correlation| with size, border or exposure."""
    auc: float
    """Folded to above one half."""
    errors: float
    """From one half, in standard errors, in the predicted direction where there is one."""

    @property
    def tells(self) -> bool:
        """Whether it tells the classes apart, not against its prediction."""
        return self.errors > TELLING


def extractors(one: RealSet, pack: CriteriaPack) -> Iterator[tuple[str, str]]:
    """Yield origin and source: the played runs' drafts, then the measures that the pack names."""
    for run in one.played:
        for path in sorted((RUNS / run / "revisions").rglob("*.py")):
            source = path.read_text(encoding="utf-8")
            if not is_locator(source):
                yield "draft", source
    proxies = [proxy.measure for each in pack.observable_criteria for proxy in each.proxies if proxy.measure]
    for name in dict.fromkeys(proxies):
        yield "measure", measure_source(name)


def measure(one: RealSet, data: Path, kept: Path) -> None:
    """Measure the extractors of a set that were not measured before."""
    pack, manifest = load_pack(one.pack), data / one.folder / "manifest.csv"
    if not manifest.exists():
        print(f"SKIPPED {one.folder}: no {manifest}", file=sys.stderr)
        return
    places = _places(one, pack, kept)
    missing = {path: found for path, found in places.items() if not path.exists()}
    if missing:
        _measure(one, pack, manifest, kept, missing)


def known(one: RealSet, kept: Path) -> list[Row]:
    """Return what was measured of a set so far."""
    places = _places(one, load_pack(one.pack), kept)
    return [row for path in places if path.exists() for row in _read(path)]


def _places(one: RealSet, pack: CriteriaPack, kept: Path) -> dict[Path, tuple[str, str]]:
    """Return file -> origin and source of every extractor of a set."""
    return {
        kept / f"{one.folder}-{parse_extractor(source).sha256[:16]}.json": (origin, source)
        for origin, source in extractors(one, pack)
    }


def _measure(
    one: RealSet, pack: CriteriaPack, manifest: Path, kept: Path, missing: dict[Path, tuple[str, str]]
) -> None:
    data, _ = of_one_label(manifest, kept)
    spec = BenchSpec(
        pack=one.pack,
        data=str(data),
        labels=one.labels,
        locator="reference" if pack.region else "none",
        ignore_columns=("diagnosis", "elevation", "fitzpatrick") if one.folder == "clinical_photo" else (),
        folder=str(kept / one.folder),
        cache=str(kept / "cache"),
    )
    with Pool(2) as pool:
        session = BenchSession(spec, pool)
        for path, (origin, source) in missing.items():
            rows = list(_rows(session, one.folder, origin, source))
            path.write_text(json.dumps([asdict(row) for row in rows], indent=1))


def _read(path: Path) -> list[Row]:
    return [Row(**{**row, "codes": tuple(row["codes"])}) for row in json.loads(path.read_text())]


def _rows(session: BenchSession, folder: str, origin: str, source: str) -> Iterator[Row]:
    verdict, extractor = phantom_verdict(session, source), parse_extractor(source)
    for feature in verdict.features:
        yield _row(session, folder, origin, extractor, verdict, feature.name)
    print(folder, origin, extractor.criterion, flush=True)


def _row(
    session: BenchSession, folder: str, origin: str, extractor: Extractor, verdict: Verdict, name: str
) -> Row:
    found = measured_transfer(session, extractor.source, name, {})
    seen = next(one for one in verdict.features if one.name == name)
    said, errors = _labels(session, extractor, name)
    rejects = [one.code for one in verdict.findings if one.severity == "reject"]
    mine = {one.code for one in verdict.findings if one.severity == "reject" and one.feature in (name, None)}
    return Row(
        folder=folder,
        origin=origin,
        criterion=extractor.criterion,
        feature=name,
        accepted=seen.accepted,
        codes=tuple(sorted(mine if rejects else ())),
        phantom_icc=seen.stability,
        icc=_or_none(found.stability),
        worst=found.worst_perturbation,
        missing=found.missing,
        outside=found.outside,
        spread=_or_none(found.spread),
        saturated=found.saturated,
        follows=max(map(abs, found.follows.values()), default=0.0),
        auc=said,
        errors=errors,
    )


def _labels(session: BenchSession, extractor: Extractor, name: str) -> tuple[float, float]:
    dev = session.split.dev
    values, positive = session.feature_table(extractor.source, dev).column(name), session.target(dev) == 1
    known = np.isfinite(values)
    counts = int(positive[known].sum()), int((~positive[known]).sum())
    if min(counts) < 5:
        return 0.5, 0.0
    value = auc(values[known], positive[known])
    criterion, feature = (
        session.pack.criterion(extractor.criterion),
        extractor.features[extractor.names.index(name)],
    )
    sign = predicted_sign(criterion, feature.direction, session.dataset.classes)
    off = (value - 0.5) / null_se(*counts)
    return abs(value - 0.5) + 0.5, off * sign if sign else abs(off)


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value


def measured_share(kept: Path) -> Iterator[str]:
    """Say how many extractors of each set were measured."""
    for one in SETS:
        places = list(_places(one, load_pack(one.pack), kept))
        done = sum(path.exists() for path in places)
        if done:
            yield f"- {one.folder}: {done} of {len(places)} extractors measured, the drafts first."


def page(rows: Sequence[Row], shares: Sequence[str] = ()) -> str:
    """Write the tables; `shares` says what they rest on."""
    runs = [run for one in SETS for run in one.played]
    records = [line for run in runs for line in recorded_lines(list(recorded(RUNS / run)), run)]
    parts = [HEAD, "## As the kept run recorded it\n", *records]
    if not rows:
        return "\n".join(parts) + "\n"
    parts += [
        "\n## Verdicts and labels\n",
        *shares,
        "",
        *_verdicts(rows),
        "\n## Stability\n",
        *_stability(rows),
    ]
    parts += ["\n## What the bands of the finding `transfer` single out\n", *_bands(rows)]
    return "\n".join(parts) + "\n"


HEAD = f"""# Probe verdicts and real images

Made by `python -m benchmarks.studies.transfer`. Drafts are those of the kept played runs on real images
(`played-dermoscopy`, `played-dermoscopy-toolkit` and `located-played` of `runs/reference`), measures those
that the packs name; the other played runs saw phantoms alone. *Tells* is a development AUC more than
{TELLING:g} standard errors from one half, not against the predicted direction. It judges the rules and is
told to nobody. Research only: no claim of clinical use.
"""


def _verdicts(rows: Sequence[Row]) -> Iterator[str]:
    yield "| set | extractors | features | accepted: tell | rejected: tell | mean AUC accepted | rejected |"
    yield "|---|---|---|---|---|---|---|"
    for folder, origin in dict.fromkeys((one.folder, one.origin) for one in rows):
        mine = [one for one in rows if (one.folder, one.origin) == (folder, origin)]
        yes, no = ([one for one in mine if one.accepted is kept] for kept in (True, False))
        yield (
            f"| {folder} | {origin}s | {len(mine)} | {_share(yes)} | {_share(no)} | {_mean(yes)} | "
            f"{_mean(no)} |"
        )
    yield ""
    yield "Rejected by what, and how many of them tell all the same:"
    yield ""
    codes = sorted({code for one in rows for code in one.codes})
    for code in codes:
        mine = [one for one in rows if code in one.codes]
        alone = [one for one in mine if one.codes == (code,)]
        yield f"- `{code}`: {_share(mine)}; as the only finding {_share(alone)}"


def _stability(rows: Sequence[Row]) -> Iterator[str]:
    known = [one for one in rows if one.phantom_icc is not None and one.icc is not None]
    yield f"| {len(known)} features | steady on images (ICC ≥ {STEADY:g}) | unsteady on images |"
    yield "|---|---|---|"
    for word, kept in (("steady", True), ("unsteady", False)):
        mine = [one for one in known if ((one.phantom_icc or 0) >= STEADY) is kept]
        steady, shaky = (
            [one for one in mine if ((one.icc or 0) >= STEADY) is is_so] for is_so in (True, False)
        )
        yield (
            f"| {word} on phantoms | {len(steady)} (tell {_share(steady)}) | {len(shaky)} "
            f"(tell {_share(shaky)}) |"
        )


BANDS: tuple[tuple[str, tuple[float, ...], Callable[[Row], float]], ...] = (
    ("outside of phantoms' values, share from", (0.2, 0.5, 0.8), lambda row: row.outside),
    (
        "spread under phantoms', times",
        (3, 10, 30),
        lambda row: 1 / row.spread if row.spread else (math.inf if row.spread == 0 else 0.0),
    ),
    ("spread over phantoms', times", (3, 10, 30), lambda row: row.spread or 0.0),
    ("saturated, share from", (0.1, 0.3, 0.5), lambda row: row.saturated),
    ("follows size, border or exposure, ρ from", (0.4, 0.6, 0.8), lambda row: row.follows),
    ("missing, share from", (0.05, 0.2, 0.5), lambda row: row.missing),
)


def _bands(rows: Sequence[Row]) -> Iterator[str]:
    yield "| band | edge | features in it | tell | mean AUC | others tell | mean AUC |"
    yield "|---|---|---|---|---|---|---|"
    for name, edges, value in BANDS:
        for edge in edges:
            inside = [one for one in rows if value(one) >= edge]
            others = [one for one in rows if value(one) < edge]
            yield (
                f"| {name} | {edge:g} | {len(inside)} | {_share(inside)} | {_mean(inside)} | "
                f"{_share(others)} | {_mean(others)} |"
            )


def _share(rows: Sequence[Row]) -> str:
    return f"{sum(one.tells for one in rows)} of {len(rows)}"


def _mean(rows: Sequence[Row]) -> str:
    return f"{np.mean([one.auc for one in rows]):.3f}" if rows else "–"


def main() -> None:
    """Measure the sets and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--kept", type=Path, default=Path("runs/transfer"), help="what was measured")
    parser.add_argument("--only", help="measure one set and write no page")
    parser.add_argument(
        "--records", action="store_true", help="write what runs recorded and --kept holds; measure nothing"
    )
    given = parser.parse_args()
    if not given.records:
        given.kept.mkdir(parents=True, exist_ok=True)
    for one in [] if given.records else SETS:
        if given.only in (None, one.folder):
            measure(one, given.data, given.kept)
    rows = [row for one in SETS for row in known(one, given.kept)]
    if given.only is None:
        PAGE.write_text(page(rows, list(measured_share(given.kept))), encoding="utf-8")
        print(PAGE)


if __name__ == "__main__":
    main()

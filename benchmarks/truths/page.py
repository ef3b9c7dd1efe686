"""The page: every set with its pairs, then the targets, then what physicians noted."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.truths.sides import JOINED, PLAIN

HEAD = """# Criteria beside appearance, and elevation as physicians noted it

Made by `python -m benchmarks.truths`. AUC by patient of ridge logistic regressions (penalty by inner
patient-grouped folds) on the measures that ship for the modality, on an appearance (`--companion`), and on
both under one ridge, joined as `scafe run --companion` joins them: two blocks of columns, each of the same
variance in all. Where directions are declared they are the ridge's prior for the measures, as in a run;
the columns of an appearance have none. Appearance looks inside the mask where a set comes with masks, else
at the whole image. Training patients are drawn 20 times at each size, nested, the same for all that is
compared; every patient is tested. Intervals (95 %) resample test patients and draws together; differences
are paired. "all": every patient outside the fold, once. No feature and no weight is chosen by these
labels, but for the penalty inside a training draw. Research only: no claim of clinical use.

"Development" patients are those whose SHA-256 is even, the others are "untouched": how blocks are weighted
was decided on the former alone. The measures themselves were chosen while looking at development patients, on
dermoscopy and tissue at all of them: gains are a little flattered, least on untouched patients of other sets.
"""
SEARCHES = Path(__file__).parents[1] / "studies" / "loop_baselines.md"
LEAST = -0.005
"""No joined score shall be further below its appearance than this."""


def page(sets: dict[str, Any], noted: dict[str, Any] | None) -> str:
    """Return the page in Markdown."""
    names = list(dict.fromkeys(name for one in sets.values() for name in one["titles"]))
    parts = [HEAD, "## In short\n"]
    parts += [_short(sets, name) for name in names]
    parts += [_elevation_short(noted)] if noted else []
    parts += [_set(name, one) for name, one in sets.items()]
    parts += [_untouched(sets, names), _choice(sets, names), _plain(sets, names)]
    parts += [_elevation(noted)] if noted else ["## Elevation\n\nNot run.\n"]
    parts += [_searches()]
    return "\n".join(parts).rstrip() + "\n"


def _searches() -> str:
    """Quote what the study of searches found over all its sets."""
    found = SEARCHES.read_text(encoding="utf-8").split("## All sets together")[1].split("\n## ")[0]
    return (
        "## Searches at one budget\n\nHeld-out AUC, paired, over the seeds of four sets; "
        f"[the study](studies/{SEARCHES.name}) has every set.\n\n{found.strip()}\n"
    )


def _short(sets: dict[str, Any], name: str) -> str:
    """Say whether the targets hold, in two sentences."""
    found = list(_differences(sets, name, "points"))
    worst = min(found, key=lambda one: one[2]["value"])
    below = [f"{where} at {size} ({one['value']:+.3f})" for where, size, one in found if one["value"] < LEAST]
    above = dict.fromkeys(where for where, _, one in found if one["low"] > 0)
    whole = dict.fromkeys(
        where for where in sets if all(one["low"] > 0 for there, _, one in found if there == where)
    )
    seen = list(_differences(sets, name, "untouched"))
    low = [one for one in seen if one[2]["value"] < LEAST]
    untouched = min(seen, key=lambda one: one[2]["value"])
    lines = [
        f"**{name}.** Joined minus {name} alone: lowest {worst[2]['value']:+.3f} ({worst[0]}, {worst[1]} a "
        f"class), of {len(found)} figures.",
        f"Below {LEAST}: {', '.join(below) or 'none'}.",
        f"Whole interval above 0 at one size or more: {', '.join(above) or 'no set'}; at every size: "
        f"{', '.join(whole) or 'no set'}.",
        f"On untouched patients alone: lowest {untouched[2]['value']:+.3f} ({untouched[0]}, {untouched[1]} a "
        f"class), below {LEAST} in {len(low)} of {len(seen)} figures.",
    ]
    return " ".join(lines) + "\n"


def _differences(sets: dict[str, Any], name: str, part: str) -> Iterator[tuple[str, str, dict[str, float]]]:
    key = f"{name}{JOINED} - {name}"
    for where, one in sets.items():
        for point in one[part]:
            if key in point["differences"]:
                yield where, _size(point), point["differences"][key]


def _set(name: str, one: dict[str, Any]) -> str:
    counts = ", ".join(f"{n} {label}" for label, n in one["counts"].items())
    left_out = f"{one['left_out']} patients with images of two labels left out. " if one["left_out"] else ""
    seen = "; ".join(f"{key}: {title}, {one['widths'][key]} numbers" for key, title in one["titles"].items())
    lines = [f"## {name}: {counts}", ""]
    lines += [
        f"{left_out}{one['criteria']} criteria features. {seen}. Seed {one['seed']}; code {one['code']}."
    ]
    header = ["a class", "criteria"]
    for key in one["titles"]:
        header += [key, "joined", f"joined minus {key}", "joined minus criteria"]
    lines += ["", *_table(header, [_row(point, one["titles"]) for point in one["points"]]), ""]
    return "\n".join(lines)


def _row(point: dict[str, Any], names: Sequence[str]) -> list[str]:
    aucs, gains = point["aucs"], point["differences"]
    cells = [_size(point), _estimate(aucs["measures"])]
    for name in names:
        joined = name + JOINED
        cells += [_estimate(aucs[name]), _estimate(aucs[joined])]
        cells += [_estimate(gains[f"{joined} - {name}"], "+"), _estimate(gains[f"{joined} - measures"], "+")]
    return cells


def _untouched(sets: dict[str, Any], names: list[str]) -> str:
    """Show the same differences over test patients that no choice has seen."""
    rows = [
        [where, _size(point)] + [_told(point["differences"], f"{name}{JOINED} - {name}") for name in names]
        for where, one in sets.items()
        for point in one["untouched"]
    ]
    text = (
        "Joined minus the appearance alone, tested on untouched patients only (trained on all outside a "
        "fold). A set with fewer than 10 of them in a class is not told."
    )
    return "\n".join(
        ["## Untouched patients alone", "", text, "", *_table(["set", "a class", *names], rows), ""]
    )


def _choice(sets: dict[str, Any], names: list[str]) -> str:
    """Show what was decided on development patients."""
    rows = []
    for where, one in sets.items():
        for point in one["choice"]:
            cells = [where, _size(point)]
            for name in names:
                cells += [_told(point["differences"], f"{name}{way} - {name}") for way in (JOINED, PLAIN)]
            rows.append(cells)
    text = (
        "Trained and tested on development patients alone. *Equal*: each block has the same variance in "
        "all, so a dozen criteria features are heard beside a thousand numbers of a network. *Plain*: every "
        "column has the same, so the wider block decides. Differences to the appearance alone; a set with "
        "fewer than 10 development patients in a class is not told."
    )
    text = " ".join([text, *(_ways(sets, name) for name in names)])
    header = ["set", "a class", *(f"{name}, {way}" for name in names for way in ("equal", "plain"))]
    return "\n".join(["## How the blocks are weighted", "", text, "", *_table(header, rows), ""])


def _ways(sets: dict[str, Any], name: str) -> str:
    """Say how far each way went up and down."""
    told = []
    for way, words in ((JOINED, "equal weights"), (PLAIN, "plain")):
        key = f"{name}{way} - {name}"
        found = [point["differences"][key]["value"] for one in sets.values() for point in one["choice"]]
        told.append(f"{words} {min(found):+.3f} to {max(found):+.3f}")
    return f"Beside {name}: {', '.join(told)}."


def _plain(sets: dict[str, Any], names: list[str]) -> str:
    """Show what no weights would give on all patients."""
    rows = [
        [where, _size(point), *(_told(point["differences"], f"{name}{PLAIN} - {name}") for name in names)]
        for where, one in sets.items()
        for point in one.get("plain", [])
    ]
    text = (
        "Joined without weights minus the appearance alone, on all patients. Nothing was chosen by it: it "
        "says whether a loss above comes of the weights. Where a network alone is far better than the "
        "criteria, equal weights pull it down; plain ones leave it as it is, and gain little elsewhere."
    )
    if not rows:
        return ""
    shown = _table(["set", "a class", *names], rows)
    return "\n".join(["## The same without weights", "", text, "", *shown, ""])


def _elevation_short(noted: dict[str, Any]) -> str:
    own = [one for one in noted["agreements"] if one["of"] == "elevation"]
    told = ", ".join(f"{one['feature']} {_auc(one)}" for one in own)
    return f"**Elevation** (physicians, {noted['images']} photographs), AUC of its own measures: {told}.\n"


def _elevation(noted: dict[str, Any]) -> str:
    text = (
        f"The `elevation` column of clinical_photo: {noted['raised']} of {noted['images']} lesions noted as "
        f"raised, one note each, {noted['patients']} patients; masks by the reference locator on "
        f"{noted['masks_found']} of them. AUC of each feature in its declared direction, by image; a feature "
        "that is declared 'either' is read as rising. The measures of height and relief of scars are set "
        "beside those of elevation; all others show what agrees with the note without claiming it."
    )
    rows = [
        [one["feature"], one["of"], _auc(one), _kappa(one), str(one["images"])] for one in noted["agreements"]
    ]
    header = ["feature", "claims", "AUC", "weighted κ, second half", "images"]
    return "\n".join(["## Elevation", "", text, "", *_table(header, rows), ""])


def _auc(one: dict[str, Any]) -> str:
    return f"{one['value']:.3f} ({one['low']:.3f} to {one['high']:.3f})" if one["value"] is not None else "–"


def _kappa(one: dict[str, Any]) -> str:
    return "–" if one["kappa"] is None else f"{one['kappa']:.2f}"


def _told(found: dict[str, Any], key: str) -> str:
    return _estimate(found[key], "+") if key in found else "–"


def _size(point: dict[str, Any]) -> str:
    return str(point["patients_per_class"] or "all")


def _estimate(one: dict[str, float], sign: str = "") -> str:
    return f"{one['value']:{sign}.3f} ({one['low']:{sign}.3f} to {one['high']:{sign}.3f})"


def _table(header: list[str], rows: list[list[str]]) -> list[str]:
    return [
        f"| {' | '.join(header)} |",
        "|---" * len(header) + "|",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]

"""The page: figures before and now, set by set, from the records that runs left."""

from typing import Any

HEAD = """# What the shipped measures reach on real images

Made by `python -m benchmarks.power`; a set that was not run again keeps the figures of its last run. AUC by
patient of a ridge logistic regression (penalty by inner patient-grouped folds) on all measures that ship for
the modality, with the directions that the packs declare as its prior (`--prior declared`, as a run freezes
it), beside the same regression without a prior on colour and texture (moments, co-occurrence, LBP) of the
whole image and inside the mask, and on the measures. Training patients are drawn {draws} times at each size,
nested; test patients are the same for all that is compared, and every patient is tested. Intervals (95 %)
resample test patients and draws together; differences are paired. "all": every patient outside the fold,
once. Nothing is chosen by these labels. Research only: no claim of clinical use.

Costs: *measures* is all that ships for the modality, the locator included where masks are found; *in the
sandbox* is the same behind the walls, the locator left out.

*Before* is the release before toolkit and locators, by the same command and seed.
"""
PLAIN = "measures_plain"
"""The same measures under a plain ridge."""
NAMES = {
    "measures": "measures",
    "colour_texture": "colour+texture",
    "colour_texture_in_mask": "colour+texture in the mask",
    PLAIN: "measures, plain ridge",
}
DEAREST = 8
"""Parts of the time that are named."""


def page(before: dict[str, Any], now: dict[str, Any], reasons: str = "") -> str:
    """Return the page in Markdown: sets in the order of `now`, then what people say of missed targets."""
    draws = next((point["draws"] for one in now.values() for point in one["points"]), 20)
    return "\n".join(
        [
            HEAD.format(draws=draws),
            *(_set(name, before.get(name), one) for name, one in now.items()),
            *([reasons] if reasons else []),
        ]
    )


def _set(name: str, before: dict[str, Any] | None, now: dict[str, Any]) -> str:
    lines = [f"## {name}: {_counts(now['counts'])}", "", *_reading(now), ""]
    others = [one for one in NAMES if one in now["points"][0]["aucs"] and one != "measures"]
    lines += ["| a class | before | measures | " + " | ".join(NAMES[one] for one in others) + " | "]
    lines[-1] += " | ".join(f"minus {NAMES[one]}" for one in others) + " |"
    lines += ["|---" * (3 + 2 * len(others)) + "|"]
    earlier = {point["patients_per_class"]: point for point in (before or {"points": []})["points"]}
    lines += [_row(point, earlier.get(point["patients_per_class"]), others) for point in now["points"]]
    return "\n".join([*lines, "", *_cost(before, now), ""])


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{n} {label}" for label, n in counts.items())


def _reading(now: dict[str, Any]) -> list[str]:
    left_out = f"{now['left_out']} patients with images of two labels left out. " if now["left_out"] else ""
    signed = f", {now['signed']} with a declared direction" if now.get("signed") else ""
    return [f"{left_out}{now['features']} features{signed}; seed {now['seed']}; code {now['code']}."]


def _row(point: dict[str, Any], before: dict[str, Any] | None, others: list[str]) -> str:
    cells = [str(point["patients_per_class"] or "all")]
    cells += [_estimate(before["aucs"]["measures"]) if before else "–"]
    cells += [_estimate(point["aucs"][one]) for one in ("measures", *others)]
    cells += [_estimate(point["differences"][one], "+") for one in others]
    return "| " + " | ".join(cells) + " |"


def _estimate(one: dict[str, float], sign: str = "") -> str:
    return f"{one['value']:{sign}.3f} ({one['low']:{sign}.3f} to {one['high']:{sign}.3f})"


def _cost(before: dict[str, Any] | None, now: dict[str, Any]) -> list[str]:
    cost = now.get("costs")
    if not cost:
        return []
    was = f" (before: {before['costs']['measures']:.0f})" if before and before.get("costs") else ""
    inside = f", in the sandbox {cost['sandbox']:.0f}" if "sandbox" in cost else ""
    return [
        f"Cost in decodes of the same JPEG ({cost['decode_ms']:.2f} ms), one core: measures "
        f"{cost['measures']:.0f}{inside}{was}, colour+texture {cost['colour_texture']:.0f}.",
        *_frozen(now.get("frozen", {})),
        *_dearest(now.get("parts", {})),
    ]


def _frozen(one: dict[str, Any]) -> list[str]:
    if not one:
        return []
    locator = f", of which its locator {one['locator']:.0f}" if one["locator"] else ""
    return [
        "",
        f"Frozen by reference run `{one['run']}`, {one['features']} extractors: {one['whole']:.0f}{locator}.",
    ]


def _dearest(parts: dict[str, float]) -> list[str]:
    if not parts:
        return []
    named = list(parts.items())[:DEAREST]
    rest = sum(parts.values()) - sum(spent for _, spent in named)
    told = ", ".join(f"`{name}` {spent:.1f}" for name, spent in named)
    return [
        "",
        f"Where it goes, in decodes under a profiler: {told}, {len(parts) - len(named)} others {rest:.1f}.",
    ]

"""What each event of a run says to a person: one plain line, in the terms of statistics and radiology."""

from collections.abc import Callable, Mapping
from typing import Any

Line = Mapping[str, Any]
LOCATOR = "locator"
"""What stands for a criterion in events about locators."""

PROBE_WORDS = {
    "contract": "breaks the extractor contract",
    "refused": "uses code that the sandbox does not allow",
    "exception": "raises an error",
    "timeout": "takes too long",
    "memory": "uses too much memory",
    "killed": "was ended by the system",
    "nondeterministic": "gives two values for one image",
    "missing": "gives no value on too many images",
    "lost": "gives no value under some imaging conditions",
    "constant": "never varies",
    "out_of_range": "leaves its declared range",
    "wrong_sign": "moves against its declared direction",
    "sign_flips": "changes direction from scene to scene",
    "deaf": "hardly responds to its own criterion",
    "unspecific": "responds to another criterion as much as to its own",
    "unstable": "changes under harmless changes of the image",
    "nuisance": "changes with imaging conditions",
    "known": "repeats a feature that was accepted before",
    "misses": "misses the region",
    "fails_often": "misses the region on a tenth of the images",
    "whole_frame": "marks the whole image",
    "inverted": "marks everything but the region",
    "point": "marks a few pixels",
    "nothing_found": "finds nothing",
    "fixed_place": "marks a fixed place of the frame",
    "reads_marks": "marks rulers, letters or callipers",
    "lost_under": "loses the region under some imaging conditions",
    "found_where_nothing_is": "finds a region where none is",
}
"""Code of a finding -> what is wrong with the extractor or locator, as the end of a sentence."""
GATE_WORDS = {
    "accepted": "development score improved",
    "rejected": "kept until pruning, though the development score did not improve",
    "indecisive": "kept until pruning, though the development score did not change significantly",
    "blind": "kept, not compared with labels",
}
"""What the gate saw; what was added stays until pruning all the same."""
ROUND_WORDS = {
    "accepted": "improved",
    "indecisive": "kept without significant change",
    "rejected": "added nothing or did not improve",
}
"""Outcome of the gate -> how many extractors of a round had it."""
TIER_WORDS = {
    "A": "language wall and operating-system wall hold",
    "A-": "language wall and operating-system wall hold, without namespaces",
    "B": "language wall and operating-system wall hold, without Landlock",
    "C": "the operating-system wall does not hold",
}
"""Tier of the sandbox, as `scafe doctor` finds it -> words."""
APPROVED = {"plan": "plan", "freeze": "selection of features", "seal": "scoring of the held-out test set"}
EXPLAINED = {
    "bench_opened": (
        "development score: cross-validated AUC of the development patients with a revision's features, "
        "compared with the features added before; its size is kept from the search",
    )
}
"""Kind of event -> lines that follow the first event of the kind: what the lines after it speak of."""
DECISIONS = {"approve": "approved", "modify": "changed", "reject": "rejected"}
PLATEAU_WORDS = {
    "plateau: ok": "the search continues",
    "plateau: warn": "the search continues",
    "plateau: change": "two rounds without a new feature, so the search changes its approach",
}
"""Grade of the search after a round, as the trace keeps it -> words."""


def in_words(line: Line, columns: Mapping[tuple[str, str], str] | None = None) -> str | None:
    """Say one event as a line for a person; None for what is only bookkeeping.

    Parameters
    ----------
    columns : mapping, optional
        (extractor, feature) -> name of its column: what tells two revisions of one name apart.
    """
    if line["kind"] == "pool_pruned":
        return _say_pruned(line, columns or {})
    return _SAYINGS[line["kind"]](line) if line["kind"] in _SAYINGS else None


def interval(value: float, low: float | None, high: float | None) -> str:
    """Say a value with its 95 % confidence interval."""
    return f"{value:.3f}" if low is None or high is None else f"{value:.3f} (95 % CI {low:.3f} to {high:.3f})"


def plural(count: int, noun: str, nouns: str = "") -> str:
    """Say how many.

    >>> plural(1, "feature"), plural(2, "criterion", "criteria")
    ('1 feature', '2 criteria')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {nouns or noun + 's'}"


def _say_bench(line: Line) -> str:
    test = "held-out test set sealed" if line["sealed"] else "too few patients for a held-out test set"
    labels = (
        f"the search may compare features with the labels {line['queries']} times"
        if line["mode"] == "gated"
        else "no label steers the search"
    )
    tier = line["host"].get("tier", "?")
    return (
        f"data: {' vs '.join(line['classes'])}, {line['patients_band']} development patients, {test}; "
        f"{labels}; drafted code runs in sandbox tier {tier} ({TIER_WORDS.get(tier, 'not known')})"
    )


def _revision(line: Line) -> str:
    return f"{line['criterion']}, revision {line['number']}"


def _say_judged(line: Line) -> str:
    if line["accepted"] and line["criterion"] == LOCATOR:
        return f"{_revision(line)}: passed the probes on synthetic images"
    if line["accepted"]:
        passed = plural(len(line["accepted"]), "feature")
        return f"{_revision(line)}: {passed} passed the probes on synthetic images"
    codes = sorted({code for code, severity, _ in line["findings"] if severity == "reject"})
    why = "; ".join(PROBE_WORDS.get(code, code) for code in codes) or "no feature passed"
    return f"{_revision(line)}: rejected by probes ({why})"


def _say_located(line: Line) -> str:
    card = line["card"]
    told = [f"something found on {card['found']} of the images"]
    told += [f"area {card['area']} of the frame"] if card["area"] != "unknown" else []
    told += [
        f"Dice {card[name]} with {whom}"
        for name, whom in (("agreement", "the other locators"), ("given", "given masks"))
        if card[name] != "unknown"
    ]
    return f"{LOCATOR}, revision {line['number']}: {', '.join(told)}"


def _say_locator_chosen(line: Line) -> str:
    which = line["revision"] or "the one that ships"
    found = line["locator"]["found"]
    return (
        f"masks of the {line['locator']['region']} by {which} ({line['why']}); found on {found} of the "
        "images without a given mask"
    )


def _say_scored(line: Line) -> str:
    if not line["pooled"]:
        return f"{_revision(line)}: nothing added; redundant, unstable or missing on the data set"
    return f"{_revision(line)}: added {', '.join(line['pooled'])}; {GATE_WORDS[line['card']['gate']]}"


def _say_assessed(line: Line) -> str:
    name = f"round {line['round']}" if line["round"] else "first drafts"
    counts = [f"{line[gate]} {words}" for gate, words in ROUND_WORDS.items() if line[gate]]
    scored = f" (development score: {', '.join(counts)})" if counts else ""
    added = plural(line["gained"], "feature")
    return f"{name} done: {added} added{scored}; {PLATEAU_WORDS.get(line['why'], line['why'])}"


def _say_pruned(line: Line, columns: Mapping[tuple[str, str], str]) -> str:
    kept = len(line["kept"])
    dropped = [columns.get((extractor, name), name) for extractor, name in line["dropped"]]
    if not dropped:
        return f"pruning on new cross-validation folds: all {kept} features selected"
    return (
        f"pruning on new cross-validation folds: {plural(kept, 'feature')} selected; "
        f"adding nothing beside the others, removed: {', '.join(dropped)}"
    )


def _say_opened(line: Line) -> str:
    part = "held-out test set" if line["sealed"] else "cross-validation (no held-out test set)"
    if line["auc"] is None:
        return f"{part}: no AUC"
    return f"{part}: AUC {interval(line['auc'], line['low'], line['high'])}"


def _say_approval(line: Line) -> str:
    who = "automatically (--approve auto)" if line["name"] == "policy auto" else f"by {line['name']}"
    return f"{APPROVED[line['gate']]} {DECISIONS[line['decision']]} {who}"


_SAYINGS: dict[str, Callable[[Line], str | None]] = {
    "bench_opened": _say_bench,
    "planned": lambda line: (
        f"plan: {plural(sum(map(len, line['ideas'].values())), 'idea')} "
        f"for {plural(len(line['ideas']), 'criterion', 'criteria')}"
    ),
    "discarded": lambda line: f"{line['criterion'] or 'plan'}: reply discarded, {line['reason']}",
    "declined": lambda line: (
        f"{line['criterion']}: the drafter declined to {line['operator']}"
        + (f", {line['reason']}" if line["reason"] else "")
    ),
    "judged": _say_judged,
    "located": _say_located,
    "locator_chosen": _say_locator_chosen,
    "scored": _say_scored,
    "turned_away": lambda line: f"not scored: {', '.join(line['features'])} {line['reason']}",
    "simplified": lambda line: (
        f"a shorter version with the same values took over: {', '.join(line['features'])}"
    ),
    "round_assessed": _say_assessed,
    "cap_reached": lambda line: f"limit reached: {line['why']}",
    "approval": _say_approval,
    "set_frozen": lambda line: (
        f"frozen: {plural(line['features'], 'selected feature')} from {', '.join(line['criteria'])}"
    ),
    "seal_opened": _say_opened,
    "resumed": lambda line: f"resumed after {plural(line['cursor'], 'event')}",
    "escalated": lambda line: f"{line['gate']} passed on by {line['name']}: {line['meaning']}",
    "noticed": lambda line: str(line["what"]),
    "torn_line": lambda line: "the last event was cut off by a kill and is set aside",
}

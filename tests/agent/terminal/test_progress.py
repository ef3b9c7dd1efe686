"""Progress shows what the trace says, and nothing else."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from scafe.agent.terminal.progress import Caps, Progress, Standing, advance, in_words, panel_rows
from scafe.agent.terminal.terminal import Terminal


def scored(criterion: str, pooled: tuple[str, ...], gate: str, number: int = 1) -> dict[str, Any]:
    card = {"gate": gate, "queries_left": 7}
    return {"kind": "scored", "criterion": criterion, "number": number, "card": card, "pooled": pooled}


OPENED = {
    "kind": "bench_opened",
    "classes": ["keloid", "hypertrophic"],
    "mode": "gated",
    "queries": 20,
    "sealed": True,
    "patients_band": "100-199",
    "host": {"tier": "A"},
}

scores = st.builds(
    scored,
    st.sampled_from(["vascularity", "height", "pliability"]),
    st.sets(st.sampled_from("abcdef")).map(tuple),
    st.sampled_from(["accepted", "rejected", "indecisive"]),
)


@given(st.lists(scores, max_size=12))
@settings(max_examples=25, deadline=None)
def test_the_standing_counts_each_feature_of_a_criterion_once(lines: list[dict[str, Any]]) -> None:
    standing = Standing()
    for line in lines:
        standing = advance(standing, line)
    assert standing.features == len({(line["criterion"], name) for line in lines for name in line["pooled"]})
    assert sum(standing.gates.values()) == len(lines)


def test_the_phase_follows_the_events() -> None:
    standing = advance(Standing(), OPENED)
    assert standing.phase == "planning"
    standing = advance(standing, {"kind": "round_planned", "round": 2})
    assert (standing.phase, standing.step) == ("round 2", "drafting")
    assert advance(standing, {"kind": "revised"}).step == "probing on phantoms"
    frozen = advance(standing, {"kind": "set_frozen"})
    assert (frozen.phase, frozen.step) == ("scoring the held-out test set", "")


def test_an_event_that_is_not_known_changes_nothing() -> None:
    before = advance(Standing(), OPENED)
    assert advance(before, {"kind": "something_new"}) == before
    assert in_words({"kind": "something_new"}) is None


def test_pruning_takes_features_out_of_the_standing() -> None:
    standing = advance(Standing(), scored("height", ("rim", "shade"), "accepted"))
    pruned = advance(
        standing, {"kind": "pool_pruned", "kept": [["sha", "rim"]], "dropped": [["sha", "shade"]]}
    )
    assert pruned.pooled == {"height": ("rim",)}


def test_the_panel_shows_phase_features_gates_and_budget() -> None:
    standing = advance(advance(Standing(), OPENED), scored("height", ("rim",), "accepted"))
    rows = dict(panel_rows(standing, Caps(calls=50, seconds=600), seconds=61))
    assert rows["phase"] == "planning: scoring  (1:01 of 10:00)"
    assert rows["features"] == "1 added, from 1 criterion"
    assert rows["scored"] == "development score improved: 1"
    assert rows["budget"] == "0 of 50 calls · 7 label queries left"


def test_without_a_terminal_each_happening_is_one_plain_line(capfd: Any) -> None:
    with Progress(Terminal()) as progress:
        progress.tell(OPENED)
        progress.tell(scored("height", ("rim",), "accepted", 3))
    out, err = capfd.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "data: keloid vs hypertrophic, 100-199 development patients, held-out test set sealed; "
        "the search may query labels 20 times; sandbox tier A (both walls hold)",
        "height, revision 3: added rim; development score improved",
    ]


def test_quiet_says_nothing(capfd: Any) -> None:
    with Progress(Terminal(is_quiet=True)) as progress:
        progress.tell(OPENED)
    assert capfd.readouterr() == ("", "")


def test_markup_in_a_name_is_text(capfd: Any) -> None:
    with Progress(Terminal()) as progress:
        progress.tell({"kind": "cap_reached", "why": "[red]x[/red] [link=y]"})
    assert capfd.readouterr().err == "limit reached: [red]x[/red] [link=y]\n"

"""Progress shows what the trace says, and nothing else."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from scafe.agent.terminal.progress import Caps, Progress, Standing, advance, in_words, panel_rows
from scafe.agent.terminal.terminal import Terminal


def scored(criterion: str, pooled: tuple[str, ...], gate: str, number: int = 1) -> dict[str, Any]:
    card = {"gate": gate, "queries_left": 7, "extractor": f"{criterion}{number}"}
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
    st.integers(1, 3),
)


@given(st.lists(scores, max_size=12))
@settings(max_examples=25, deadline=None)
def test_the_standing_counts_each_feature_of_a_revision_once(
    lines: list[dict[str, Any]],
) -> None:
    standing = Standing()
    for line in lines:
        standing = advance(standing, line)
    pooled = {(one["criterion"], one["number"], name) for one in lines for name in one["pooled"]}
    assert standing.features == len(pooled)
    assert len(set(standing.columns.values())) == len(pooled)
    assert sorted(name for names in standing.pooled.values() for name in names) == sorted(
        standing.columns.values()
    )
    assert sum(standing.gates.values()) == len(lines)


def test_the_phase_follows_the_events() -> None:
    standing = advance(Standing(), OPENED)
    assert standing.phase == "planning"
    standing = advance(standing, {"kind": "round_planned", "round": 2})
    assert (standing.phase, standing.step) == ("round 2", "drafting")
    revised = {"kind": "revised", "criterion": "height", "number": 1, "sha256": "height1"}
    assert advance(standing, revised).step == "probing on phantoms"
    frozen = advance(standing, {"kind": "set_frozen"})
    assert (frozen.phase, frozen.step) == ("scoring the held-out test set", "")


def test_an_event_that_is_not_known_changes_nothing() -> None:
    before = advance(Standing(), OPENED)
    assert advance(before, {"kind": "something_new"}) == before
    assert in_words({"kind": "something_new"}) is None


def test_pruning_takes_features_out_of_the_standing() -> None:
    standing = advance(Standing(), scored("height", ("rim", "shade"), "accepted"))
    pruned = advance(
        standing, {"kind": "pool_pruned", "kept": [["height1", "rim"]], "dropped": [["height1", "shade"]]}
    )
    assert pruned.pooled == {"height": ("rim",)}


def test_a_revision_that_pruning_drops_is_told_from_the_one_that_stays(capfd: Any) -> None:
    """Named fault: pruning kept and dropped features by name alone, whatever revision they were of."""
    with Progress(Terminal()) as progress:
        for number in (1, 4):
            progress.tell(scored("height", ("rim",), "accepted", number))
        assert progress.standing.pooled == {"height": ("rim@r001", "rim@r004")}
        progress.tell({"kind": "pool_pruned", "kept": [["height4", "rim"]], "dropped": [["height1", "rim"]]})
    assert progress.standing.pooled == {"height": ("rim",)}
    assert "removed: rim@r001" in capfd.readouterr().err


def test_a_simplification_takes_the_place_of_its_parent() -> None:
    standing = advance(Standing(), scored("height", ("rim",), "accepted"))
    revised = {"kind": "revised", "criterion": "height", "number": 2, "sha256": "height2"}
    for line in (revised, {"kind": "simplified", "parent": "height1", "child": "height2"}):
        standing = advance(standing, line)
    pruned = advance(standing, {"kind": "pool_pruned", "kept": [["height2", "rim"]], "dropped": []})
    assert [ref.revision for ref in pruned.pool] == ["height/r002"]


def test_the_panel_shows_phase_features_gates_and_budget() -> None:
    standing = advance(advance(Standing(), OPENED), scored("height", ("rim",), "accepted"))
    rows = dict(panel_rows(standing, Caps(calls=50, seconds=600), seconds=61))
    assert rows["phase"] == "planning: scoring  (1:01 of 10:00)"
    assert rows["features"] == "1 added, from 1 criterion"
    assert rows["scored"] == "development score improved: 1"
    assert rows["budget"] == "0 of 50 calls · 7 label queries left"


def test_the_panel_says_how_far_the_images_are_while_they_are_worked_through() -> None:
    first, last = (dict(panel_rows(Standing(), Caps(), 5, percent)) for percent in (42, 100))
    assert first["phase"] == "opening data and sandbox, 42 % of the images  (0:05)"
    assert last["phase"] == "opening data and sandbox  (0:05)"


def test_without_a_terminal_each_happening_is_one_plain_line(capfd: Any) -> None:
    with Progress(Terminal()) as progress:
        progress.tell(OPENED)
        progress.tell(scored("height", ("rim",), "accepted", 3))
    out, err = capfd.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "data: keloid vs hypertrophic, 100-199 development patients, held-out test set sealed; "
        "the search may compare features with the labels 20 times; "
        "drafted code runs in sandbox tier A (language wall and operating-system wall hold)",
        "development score: cross-validated AUC of the development patients with a revision's features, "
        "compared with the features added before; its size is kept from the search",
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

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from scafe.agent.brief.brief import Brief, BudgetLeft, Feedback, Operator
from scafe.agent.drafters.builtin import BuiltinDrafter
from scafe.agent.drafters.joining import joined
from scafe.agent.drafters.reactions import Wishes, read_wishes
from scafe.agent.drafters.rename import free_name, rename_features
from scafe.agent.drafters.source_edit import constants, keep_features, simplified, with_constants
from scafe.agent.reply.plans import read_plan
from scafe.agent.reply.reply import read_reply
from scafe.evals.disclosure.score_card import DisclosedExperts, DisclosedFeature, ScoreCard
from scafe.knowledge.contract.extractor import parse_extractor
from scafe.knowledge.criteria.pack import CriteriaPack, Criterion, load_pack
from scafe.knowledge.measures import measure_source
from scafe.knowledge.phantoms import load_phantom
from scafe.sandbox.probes.verdict import Finding, Verdict

MORE = "as there is more of it"
PACKS = ("scar.keloid_vs_hypertrophic", "dermoscopy.abcd")
CASES = [(pack, one.id) for pack in PACKS for one in load_pack(pack).observable_criteria]
drafter = BuiltinDrafter()


CHILD = '''"""Area."""

CRITERION = "border"
FEATURES = {"area": {"unit": "px", "range": [0, 9], "direction": "up", "meaning": "size"}}


def extract(image, mask):
    """Count."""
    return {"area": 1.0 * mask.sum()}
'''


def brief(pack: CriteriaPack, criterion: Criterion, operator: Operator = "draft", **more: Any) -> Brief:
    return Brief(
        operator=operator,
        pack_id=pack.id,
        pack_version=pack.version,
        title=pack.title,
        modality=pack.modality.kind,
        channels=pack.modality.channels,
        purpose=pack.purpose,
        classes=pack.classes,
        mode="blind",
        criterion=criterion,
        budget=BudgetLeft(calls=9, queries=0),
        **more,
    )


def answered(asked: Brief) -> str:
    assert asked.criterion is not None
    read = read_reply(drafter.draft(asked).text, asked.criterion.id)
    assert read.source is not None, read.complaint
    return read.source


def values(source: str, pack: CriteriaPack) -> list[Mapping[str, float]]:
    """Run a source of our own making on two phantoms."""
    phantom = load_phantom(pack.phantom)
    scope: dict[str, Any] = {}
    exec(compile(source, "measure", "exec"), scope)
    images = [phantom.render(seed) for seed in range(2)]
    return [scope["extract"](one.image, one.mask) for one in images]


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def case(request: pytest.FixtureRequest) -> tuple[CriteriaPack, Criterion]:
    pack = load_pack(request.param[0])
    return pack, pack.criterion(request.param[1])


def test_every_observable_criterion_gets_an_extractor_that_runs(case: tuple[CriteriaPack, Criterion]) -> None:
    pack, criterion = case
    source = answered(brief(pack, criterion))
    names = parse_extractor(source).names
    assert all(tuple(row) == names or set(row) == set(names) for row in values(source, pack))


def test_a_simplified_extractor_has_the_same_values_in_less_text(
    case: tuple[CriteriaPack, Criterion],
) -> None:
    pack, criterion = case
    parent = answered(brief(pack, criterion))
    child = answered(brief(pack, criterion, "simplify", parents=(parent,)))
    assert len(child.splitlines()) < len(parent.splitlines())
    for before, after in zip(values(parent, pack), values(child, pack), strict=True):
        assert {name: after[name] for name in before} == pytest.approx(before, nan_ok=True)


def test_a_recombined_extractor_is_the_mean_of_two_on_their_own_scale(
    case: tuple[CriteriaPack, Criterion],
) -> None:
    pack, criterion = case
    one, two = (answered(brief(pack, criterion, variant=number)) for number in (0, 1))
    both = joined(one, two, MORE)
    if both is None:
        assert len(one.splitlines()) + len(two.splitlines()) > 120
        return
    for joint, *parts in zip(values(both, pack), values(one, pack), values(two, pack), strict=True):
        scaled = []
        for source, row in zip((one, two), parts, strict=True):
            feature = parse_extractor(source).features[0]
            low, high = feature.range if feature.direction != "down" else feature.range[::-1]
            scaled.append(float(np.clip((row[feature.name] - low) / (high - low), 0, 1)))
        assert list(joint.values()) == pytest.approx([np.mean(scaled)], nan_ok=True)


def test_a_joined_feature_keeps_the_names_of_what_it_joins() -> None:
    one, two = (CHILD.replace("area", name) for name in ("rim_width", "rim_depth"))
    both = joined(one, two, MORE)
    assert both is not None
    assert parse_extractor(both).names == ("rim_width_and_rim_depth",)
    again = joined(one, one.replace("1.0", "2.0"), MORE)
    assert again is not None
    assert parse_extractor(again).names == ("rim_width",)
    long = joined(CHILD.replace("area", "a" * 48), CHILD.replace("area", "b" * 48), MORE)
    assert long is not None
    assert parse_extractor(long).names == ("a" * 48,)


@pytest.mark.parametrize("label", ["shadow", "enhancement"])
def test_a_joined_feature_says_its_direction_in_the_words_of_its_criterion(label: str) -> None:
    """Named fault: "up is more severe" was said of a criterion whose amount is benign."""
    pack = load_pack("ultrasound.birads")
    posterior = pack.criterion("posterior")
    child = CHILD.replace("border", "posterior")
    parents = tuple(child.replace("area", name) for name in ("shadow_depth", "shadow_width"))
    told = answered(brief(pack, posterior, "recombine", parents=parents))
    (joint,) = parse_extractor(told).features
    assert "severe" not in told
    assert label in joint.meaning


def test_what_is_joined_is_not_joined_again() -> None:
    """Named fault: the parts of a joined extractor took each other's names and called themselves."""
    pack = load_pack("histology.crc_tissue")
    asked = brief(pack, pack.criterion("fat"))
    one, two = (answered(asked.model_copy(update={"variant": number})) for number in (0, 1))
    both = joined(one, two, MORE)
    assert both is not None
    assert joined(both, two, MORE) is None
    assert joined(one, both, MORE) is None


def test_the_same_brief_has_the_same_answer_and_another_seed_another() -> None:
    pack = load_pack("scar.vss")
    criterion = pack.criterion("vascularity")
    asked = brief(pack, criterion, variant=1, seed=4)
    assert drafter.draft(asked) == BuiltinDrafter().draft(asked)
    others = {drafter.draft(asked.model_copy(update={"seed": seed})).text for seed in range(6)}
    assert len(others) > 1


def test_parallel_drafts_of_one_criterion_differ() -> None:
    pack = load_pack("scar.vss")
    sources = {answered(brief(pack, pack.criterion("height"), variant=number)) for number in range(4)}
    assert len(sources) >= 3


@pytest.mark.parametrize("operator", ["redraft", "refine", "counter", "simplify", "repair"])
def test_a_feature_keeps_its_name_whatever_is_asked(
    case: tuple[CriteriaPack, Criterion], operator: Operator
) -> None:
    """Named fault: names that the pool had got numbers, and a child of `a_2` met no finding on `a_2`."""
    pack, criterion = case
    parent = answered(brief(pack, criterion))
    known = {name for proxy in criterion.proxies if proxy.measure for name in measure_features(proxy.measure)}
    child = answered(
        brief(pack, criterion, operator, parents=(parent,), taken_names=parse_extractor(parent).names)
    )
    assert set(parse_extractor(child).names) <= known


def measure_features(measure: str) -> list[str]:
    return list(constants(measure_source(measure))["FEATURES"])


def test_the_plan_names_every_criterion() -> None:
    pack = load_pack("scar.keloid_vs_hypertrophic")
    observable = pack.observable_criteria
    asked = brief(pack, observable[0], "plan", criteria=observable).model_copy(update={"criterion": None})
    told = read_plan(drafter.draft(asked).text, tuple(one.id for one in observable))
    assert told.plan is not None
    assert set(told.plan) == {one.id for one in observable}


def test_a_criterion_without_a_measure_is_not_made_up() -> None:
    pack = load_pack("scar.vss")
    bare = pack.criterion("vascularity").model_copy(update={"proxies": ()})
    assert read_reply(drafter.draft(brief(pack, bare)).text, bare.id).source is None


def finding(code: str, feature: str | None = None) -> Finding:
    return Finding(code=code, severity="reject", feature=feature, message="…")


def reacting(*findings: Finding, **card: Any) -> Brief:
    pack = load_pack("scar.vss")
    criterion = pack.criterion("vascularity")
    verdict = Verdict(extractor="0" * 64, criterion="vascularity", findings=findings)
    return brief(pack, criterion, "refine", verdict=verdict, **card)


def disclosed(name: str, **more: Any) -> DisclosedFeature:
    given = {
        "name": name,
        "status": "ok",
        "missing": "0-5%",
        "stability": ">=.9",
        "worst_perturbation": "blur",
        "redundancy": "<.7",
        "shape": "ok",
        "evidence": "withheld",
        "pooled": False,
    }
    return DisclosedFeature.model_validate(given | more)


def scored(*features: DisclosedFeature) -> Feedback:
    card = ScoreCard(
        extractor="0" * 64, mode="blind", gate="blind", features=features, queries_left=0, label_bits_used=0
    )
    return Feedback(card=card)


def test_findings_and_score_cards_are_understood() -> None:
    assert read_wishes(reacting(finding("unstable", "a"))).smoother
    assert read_wishes(reacting(finding("deaf", "a"))).drop == {"a"}
    assert read_wishes(reacting(finding("out_of_range", "a"))).wider == {"a"}
    assert read_wishes(reacting(finding("exception"))).other_measure
    assert read_wishes(reacting(feedback=scored(disclosed("a", stability="<.5")))).smoother
    assert read_wishes(reacting(feedback=scored(disclosed("a", redundancy=">=.9")))).drop == {"a"}
    assert read_wishes(reacting(feedback=scored(disclosed("a", evidence="opposes")))).other_measure
    stray = DisclosedExperts(agreement="inconclusive", raters="one", strays_to="height")
    strayed = read_wishes(reacting(feedback=scored(disclosed("a", experts=stray))))
    assert (strayed.drop, strayed.other_measure) == ({"a"}, True)
    nothing = read_wishes(reacting())
    assert nothing == Wishes(smoother=False, drop=frozenset(), wider=frozenset(), other_measure=False)


def test_an_unstable_extractor_is_smoothed_more() -> None:
    pack = load_pack("scar.vss")
    criterion = pack.criterion("height")
    parent = answered(brief(pack, criterion))
    verdict = Verdict(extractor="0" * 64, criterion="height", findings=(finding("unstable", "edge_shading"),))
    child = answered(brief(pack, criterion, "repair", parents=(parent,), verdict=verdict))
    assert constants(child)["SMOOTH"] > constants(parent)["SMOOTH"]


def test_a_range_that_was_left_is_declared_wider() -> None:
    pack = load_pack("scar.vss")
    criterion = pack.criterion("vascularity")
    parent = answered(brief(pack, criterion))
    asked = reacting(finding("out_of_range", "delta_a")).model_copy(
        update={"operator": "repair", "parents": (parent,)}
    )
    before, after = (parse_extractor(one).features[0].range for one in (parent, answered(asked)))
    assert after[0] < before[0] < before[1] < after[1]


def test_the_builtin_drafter_needs_no_way_out() -> None:
    assert drafter.egress_level == "none"


def test_renaming_touches_whole_names_alone() -> None:
    source = 'F = {"area": 1, "area_2": 2}\n# "area"\nx = {"area": "the area", \'area\': 0}\n'
    renamed = rename_features(source, {"area": "size"})
    assert renamed == 'F = {"size": 1, "area_2": 2}\n# "area"\nx = {"size": "the area", \'size\': 0}\n'


def test_a_free_name_is_short_enough_and_free() -> None:
    long = "a" * 48
    fresh = free_name(long, {long})
    assert len(fresh) == 48
    assert fresh != long


def test_editing_a_constant_leaves_every_other_byte() -> None:
    source = "# ä\nA = 1  # one\nBLUR = [1,\n    2]\nC = 3\n"
    assert with_constants(source, {"BLUR": 5}) == "# ä\nA = 1  # one\nBLUR = 5\nC = 3\n"


def test_dropping_a_feature_leaves_the_others_as_they_were() -> None:
    pack = load_pack("scar.vss")
    parent = answered(brief(pack, pack.criterion("vascularity")))
    for source in (keep_features(parent, ["delta_ei"]), simplified(keep_features(parent, ["delta_ei"]))):
        assert parse_extractor(source).names == ("delta_ei",)
        for before, after in zip(values(parent, pack), values(source, pack), strict=True):
            assert dict(after) == {"delta_ei": pytest.approx(before["delta_ei"])}


def test_what_only_a_dropped_feature_needed_is_gone_after_simplifying() -> None:
    source = (
        'CRITERION = "c"\nFEATURES = {"a": {"unit": "x"}, "b": {"unit": "x"}}\nONLY_B = 3\n'
        "def for_b(mask):\n    return ONLY_B\n"
        "def extract(image, mask):\n    b = for_b(mask)\n    a = 1.0\n"
        '    return {"a": a, "b": b}\n'
    )
    text = simplified(keep_features(source, ["a"]))
    assert not re.search(r"ONLY_B|for_b|measure_all|\bb\b", text)
    assert "return {'a': a}" in text


def test_many_threads_may_ask_at_once() -> None:
    """Parsing in two threads at once ended in a SystemError of the interpreter now and then."""
    pack = load_pack("scar.keloid_vs_hypertrophic")
    asked = [brief(pack, one, variant=number) for number in range(3) for one in pack.observable_criteria]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(drafter.draft, asked))
    assert together == [drafter.draft(one) for one in asked]


def test_what_it_cannot_better_it_declines_where_it_may() -> None:
    pack = load_pack(PACKS[0])
    own = pack.observable_criteria[0]
    strange = own.model_copy(update={"proxies": (), "id": "border"})
    for may_decline in (True, False):
        asked = brief(pack, strange, "refine", parents=(CHILD,), may_decline=may_decline)
        read = read_reply(drafter.draft(asked).text, "border", may_decline=may_decline)
        assert read.source is None
        assert (read.declined is not None) == may_decline
    assert "No measure ships for border" in drafter.draft(asked).text

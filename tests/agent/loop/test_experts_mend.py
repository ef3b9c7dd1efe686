"""Raters who agree by .6 find the feature that measures another criterion, and the next revision mends it."""

import sys
from pathlib import Path

import pytest

from benchmarks.studies.scored_cohort import write_scored_cohort
from scafe.agent.brief.brief import Brief, BudgetLeft, Feedback
from scafe.agent.brief.prompt import messages
from scafe.agent.drafters import builtin
from scafe.agent.drafters.builtin import BuiltinDrafter
from scafe.agent.drafters.source_edit import docstring, without
from scafe.agent.reply.reader import reader
from scafe.evals.disclosure.answers import answer_score
from scafe.evals.disclosure.bench import BenchSpec, FeatureRef
from scafe.evals.disclosure.score_card import ScoreCard
from scafe.evals.disclosure.session import BenchSession
from scafe.evals.experts.rated import Rated
from scafe.evals.frozen.bundle import open_bundle
from scafe.evals.frozen.freeze import freeze
from scafe.evals.report.experts_page import expert_rows, experts_section
from scafe.evals.report.transfer_page import transfer_section
from scafe.knowledge.contract.extractor import parse_extractor
from scafe.knowledge.criteria.pack import load_pack
from scafe.knowledge.measures import measure_source
from scafe.sandbox.pool.pool import Pool

PACK = load_pack("scar.vss")
RIGHT = measure_source("scar_vascularity")
HEIGHT = measure_source("scar_height")
FALSE_IDEA = "Redness, taken for pigment."
WRONG = f'"""{FALSE_IDEA}"""\n' + without(
    RIGHT.split('"""', 2)[2].replace('CRITERION = "vascularity"', 'CRITERION = "pigmentation"'), "VARIANTS"
)
PLANTED = ((RIGHT, "delta_hb"), (HEIGHT, "flank_contrast"), (WRONG, "delta_hb"))


@pytest.fixture(scope="module")
def false_measure(tmp_path_factory: pytest.TempPathFactory):
    """Plug the wrong measure in beside the shipped ones, as another distribution would."""
    folder = tmp_path_factory.mktemp("plugged")
    info = folder / "falsepigment-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: falsepigment\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[scafe.measures]\nfalse = falsepigment:folder\n")
    (folder / "falsepigment.py").write_text(f"def folder():\n    return {str(folder / 'measures')!r}\n")
    (folder / "measures").mkdir()
    (folder / "measures" / "false_pigment.py").write_text(WRONG)
    sys.path.insert(0, str(folder))
    builtin._measures.cache_clear()
    yield "false_pigment"
    sys.path.remove(str(folder))
    builtin._measures.cache_clear()


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("scored")
    manifest = write_scored_cohort(folder / "cohort", PACK, 120, 0.6, seed=2)
    with Pool(2) as pool:
        spec = BenchSpec(pack=PACK.id, data=str(manifest), folder=str(folder / "bench"))
        yield BenchSession(spec, pool)


@pytest.mark.slow
def test_the_report_recovers_which_of_three_planted_features_is_wrong(session, tmp_path: Path) -> None:
    assert isinstance(session.rated, Rated)
    kappas = {name: one.kappa for name, one in session.rated.raters().items()}
    assert kappas["vascularity"] == pytest.approx(0.6, abs=0.03)
    assert kappas["height"] == pytest.approx(0.6, abs=0.03)
    refs = tuple(FeatureRef(extractor=session.remember(source), name=name) for source, name in PLANTED)
    bundle = open_bundle(freeze(session, refs, str(tmp_path / "bundle"), {}).bundle)
    strayed = {(row.found.criterion, row.strays_to) for row in expert_rows(session, bundle) if row.strays_to}
    assert strayed == {("pigmentation", "vascularity")}
    shown = experts_section(session, bundle)
    assert shown is not None
    words = " ".join(getattr(block, "text", "") for block in shown.blocks)
    assert "answers clearly better to the experts' scores of vascularity" in words
    beside = transfer_section(session, bundle)
    assert beside is not None
    rows = next(block.rows for block in beside.blocks if block.kind == "table")
    assert [row[0] for row in rows] == list(bundle.manifest.columns)
    # a cohort of the same phantoms: nothing of it can be unlike them
    assert not any("do not resemble" in row[-1] for row in rows)


@pytest.mark.slow
def test_the_built_in_drafter_s_next_revision_mends_it_and_would_not_without_the_experts(
    session, false_measure: str
) -> None:
    wrong = answer_score(session, WRONG, ("delta_hb",), ())
    assert wrong.features[0].experts is not None
    assert wrong.features[0].experts.strays_to == "vascularity"
    told, untold = refine(wrong, false_measure), refine(without_experts(wrong), false_measure)
    assert "answers clearly better to the experts' scores of `vascularity`" in messages(told)[1].content
    assert "experts" not in messages(untold)[1].content
    assert docstring(drafted(untold)) == FALSE_IDEA
    mended = parse_extractor(drafted(told))
    assert docstring(mended.source) != FALSE_IDEA
    card = answer_score(session, mended.source, mended.names, ())
    answers = [one.experts for one in card.features if one.experts is not None]
    assert not any(one.strays_to for one in answers)
    assert any(one.agreement == "agrees" for one in answers)
    assert session.ledger.expert_answered[-1] == mended.sha256


def drafted(brief: Brief) -> str:
    read = reader.reply(BuiltinDrafter().draft(brief).text, "pigmentation")
    assert read.source is not None
    return read.source


def without_experts(card: ScoreCard) -> ScoreCard:
    bare = tuple(one.model_copy(update={"experts": None}) for one in card.features)
    return card.model_copy(update={"features": bare})


def refine(card: ScoreCard, measure: str) -> Brief:
    criterion = PACK.criterion("pigmentation")
    first = criterion.proxies[0].model_copy(update={"measure": measure})
    return Brief(
        operator="refine",
        pack_id=PACK.id,
        pack_version=PACK.version,
        title=PACK.title,
        modality=PACK.modality.kind,
        channels=PACK.modality.channels,
        purpose=PACK.purpose,
        classes=PACK.classes,
        mode="blind",
        criterion=criterion.model_copy(update={"proxies": (first, *criterion.proxies[1:])}),
        parents=(WRONG,),
        feedback=Feedback(card=card),
        budget=BudgetLeft(calls=5, queries=0),
        seed=0,
    )

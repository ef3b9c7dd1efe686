"""What experts and unlabelled images say of a feature, as a drafter reads it."""

from drafting_stand_ins import make_feedback

from scafe.agent.brief.evidence import disclosed
from scafe.evals.disclosure.score_card import DisclosedExperts, DisclosedTransfer


def told_of(**fields: object) -> str:
    given = make_feedback().card.features[0].model_copy(update=fields)
    return disclosed(given, None)


def test_transfer_is_one_finding_in_words_and_bands() -> None:
    alike = DisclosedTransfer(outside="0-20%", spread="alike", saturated=False)
    unlike = DisclosedTransfer(
        outside="80-100%", spread="narrower", saturated=True, follows=("size",), overlaps_with="height"
    )
    assert "transfer: as on phantoms" in told_of(transfer=alike)
    words = told_of(transfer=unlike)
    assert "transfer: phantoms do not resemble these images, on most images outside" in words
    assert "follows size of the image, says nearly what `height` says" in words
    assert "transfer" not in told_of()


def test_experts_agreement_is_told_beside_that_of_the_raters_and_what_a_feature_strays_to() -> None:
    told = DisclosedExperts(agreement="agrees", strength="weak", raters=".4-.7", strays_to="height")
    words = told_of(experts=told)
    assert "agrees with the experts' scores of this criterion, weak, whose raters agree fairly" in words
    assert "answers clearly better to the experts' scores of `height`" in words
    assert "experts" not in told_of()

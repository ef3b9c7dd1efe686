"""Stability is judged on the study's images beside phantoms, and on nothing else."""

import pytest

from scafe.evals.disclosure.bench import BenchSpec
from scafe.evals.disclosure.session import BenchSession
from scafe.evals.disclosure.verdicts import with_images_heard
from scafe.sandbox.probes.verdict import FeatureEvidence, Finding, Verdict

STEADY = "return {'x': image[mask].mean(axis=0)[0], 'y': float(int(image.sum()) % 97)}"


@pytest.fixture
def session(picture_folder, open_pool, tmp_path) -> BenchSession:
    spec = BenchSpec(pack="dermoscopy.abcd", data=str(picture_folder()), folder=str(tmp_path / "bench"))
    return BenchSession(spec, open_pool)


def verdict(*findings: Finding) -> Verdict:
    evidence = {"responses": (), "nuisance_shifts": {}, "worst_perturbation": "resize", "missing": 0.0}
    features = tuple(
        FeatureEvidence(name=name, stability=0.3, accepted=False, **evidence) for name in ("x", "y")
    )
    return Verdict(extractor="0" * 64, criterion="colour", findings=findings, features=features)


def rejected(code: str, feature: str | None) -> Finding:
    return Finding(code=code, severity="reject", feature=feature, message=f"{feature}: {code}")


def test_what_phantoms_alone_call_unstable_may_enter_where_images_hold_it_steady(
    session, write_extractor
) -> None:
    source = write_extractor(STEADY, x="up", y="up")
    heard = with_images_heard(session, source, verdict(rejected("unstable", "x"), rejected("unstable", "y")))
    assert heard.accepted_names == ("x",)  # y is a hash: images move it too
    severities = {one.feature: one.severity for one in heard.findings}
    assert severities == {"x": "warn", "y": "reject"}
    assert "On this study's images it holds steady" in heard.findings[0].message


@pytest.mark.parametrize("other", [rejected("deaf", "x"), rejected("nondeterministic", None)])
def test_no_other_finding_is_forgiven(session, write_extractor, other: Finding) -> None:
    given = verdict(rejected("unstable", "x"), other)
    assert with_images_heard(session, write_extractor(STEADY, x="up", y="up"), given) == given


def test_an_accepted_feature_needs_no_image(session, write_extractor, open_pool) -> None:
    before = open_pool.images_run
    with_images_heard(session, write_extractor(STEADY, x="up", y="up"), verdict())
    assert open_pool.images_run == before

"""Briefs, a clock and a drafter over the scripted server: the seams of everything that asks a model."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scafe.agent.brief.brief import BankEntry, Brief, BudgetLeft, Feedback, KnownFeature, LocatorBrief
from scafe.agent.drafters.chat import ChatDrafter, open_chat
from scafe.agent.drafters.drafter import DrafterSettings
from scafe.agent.egress.patience import Patience
from scafe.evals.disclosure.score_card import DisclosedFeature, LocatorCard, ScoreCard
from scafe.knowledge.criteria.pack import CriteriaPack, load_pack
from scafe.sandbox.probes.regions.verdict import LocatorVerdict
from scafe.sandbox.probes.verdict import DialResponse, FeatureEvidence, Finding, Verdict

SOURCE = (
    (Path(__file__).parents[1] / "reply" / "replies" / "intended" / "redness.py")
    .read_text()
    .replace('"redness"', '"vascularity"')
)
LOCATOR_SOURCE = '''"""What is redder than the frame."""

import numpy as np

LOCATOR = "scar"


def locate(image):
    """Mark what is redder than the median."""
    red = image[:, :, 0] - image[:, :, 1].astype(float)
    return red > np.median(red), 0.5
'''
REPLY = f"Here is the module.\n\n```python\n{SOURCE}```\n"


GOLDEN = Path(__file__).parents[1] / "brief" / "golden"


def golden(name: str, text: str) -> None:
    """Compare with a golden file; SCAFE_GOLDEN=write writes it anew."""
    path = GOLDEN / name
    if os.environ.get("SCAFE_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{name} changed; SCAFE_GOLDEN=write accepts it"


@dataclass
class FakeClock:
    """Time that passes only when somebody sleeps."""

    seconds: float = 0.0
    sleeps: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.seconds

    def wall(self) -> float:
        return 1_700_000_000.0 + self.seconds

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.seconds += seconds


def make_brief(operator: str = "draft", **changes: Any) -> Brief:
    """Return a brief of the Vancouver scale for one operator, as full as that operator's briefs get."""
    pack = load_pack("scar.vss")
    plan = operator == "plan"
    revises = operator not in ("plan", "draft", "redraft")
    fields: dict[str, Any] = {
        "operator": operator,
        "pack_id": pack.id,
        "pack_version": pack.version,
        "title": pack.title,
        "modality": pack.modality.kind,
        "channels": pack.modality.channels,
        "purpose": pack.purpose,
        "classes": pack.classes,
        "mode": "gated",
        "criterion": None if plan else pack.criterion("vascularity"),
        "criteria": pack.observable_criteria if plan else (),
        "unobservable": tuple(one.id for one in pack.criteria if one.observable == "no_image"),
        "reference_region": "a ring around the lesion, 3 to 15 hundredths of the root of its area away",
        "forbidden_shortcuts": pack.forbidden_shortcuts,
        "pack_note": pack.prompt_note,
        "idea": "" if plan else "compare the red share with the ring",
        "parents": (SOURCE, SOURCE.replace("median", "mean"))[: 2 if operator == "recombine" else 1]
        if revises
        else (),
        "verdict": make_verdict() if revises else None,
        "feedback": make_feedback() if operator in ("refine", "recombine") else None,
        "bank": make_bank() if operator in ("plan", "refine", "recombine", "redraft") else (),
        "taken_names": ("relief_ratio",) if operator not in ("plan", "draft") else (),
        "budget": BudgetLeft(calls=31, queries=12),
        "variant": 1 if operator == "draft" else 0,
        "seed": 7,
        "may_decline": revises,
        "region": pack.region or "",
    }
    return Brief(**{**fields, **changes})


def make_locator_brief(
    operator: str = "locate", pack: CriteriaPack | None = None, **changes: Any
) -> LocatorBrief:
    """Return a brief for a locator of a pack's region, as full as the operator's briefs get."""
    pack = pack or load_pack("scar.vss")
    mends = operator == "relocate"
    fields: dict[str, Any] = {
        "operator": operator,
        "pack_id": pack.id,
        "pack_version": pack.version,
        "title": pack.title,
        "modality": pack.modality.kind,
        "channels": pack.modality.channels,
        "region": pack.region,
        "outlines": "the scar, up to where normal skin begins",
        "pack_note": pack.prompt_note,
        "beside": ("light, factor on the signal", "hairs over the scar"),
        "forbidden_shortcuts": pack.forbidden_shortcuts,
        "outlined": mends,
        "parents": (LOCATOR_SOURCE,) if mends else (),
        "verdict": make_locator_verdict() if mends else None,
        "card": make_locator_card() if mends else None,
        "budget": BudgetLeft(calls=31, queries=12),
        "variant": 0 if mends else 1,
        "seed": 7,
    }
    return LocatorBrief(**{**fields, **changes})


def make_locator_verdict() -> LocatorVerdict:
    """Return a verdict on a locator that misses on a tenth of the phantoms."""
    finding = Finding(
        code="fails_often",
        severity="warn",
        message="on a tenth of the phantoms Dice is below 0.12 (0.3 would be good), while the median is "
        "0.81: choose among several candidates, not the first",
    )
    return LocatorVerdict(
        locator="0" * 64,
        region="scar",
        findings=(finding,),
        dice=0.81,
        worst_decile=0.12,
        stability=0.93,
        found_in_bare=0.25,
    )


def make_locator_card() -> LocatorCard:
    """Return what a bench would disclose of the locator."""
    return LocatorCard(
        locator="0" * 64,
        status="ok",
        found="20-80%",
        area="3-15%",
        height="first",
        breadth="middle",
        steadiness=".75-.9",
        worst_perturbation="shift",
        agreement=".5-.75",
        given="<.5",
    )


def make_verdict() -> Verdict:
    """Return a verdict with one feature rejected and one that may stay."""
    responses = (
        DialResponse(name="pigment", spearman=-0.71, reach=1.4),
        DialResponse(name="vascularity", spearman=0.62, reach=1.0),
        DialResponse(name="height", spearman=0.0, undefined="the same value all along it", reach=0.0),
    )
    evidence = {
        "responses": responses, "nuisance_shifts": {"light": 2.1}, "stability": 0.91,
        "worst_perturbation": "jpeg", "missing": 0.02,
    }  # fmt: skip
    return Verdict(
        extractor="0" * 64,
        criterion="vascularity",
        findings=(
            Finding(
                code="unspecific",
                severity="reject",
                feature="red_share",
                line=27,
                message="red_share answers more to pigment (ρ -0.71) than to vascularity (ρ +0.62): "
                "take out what pigment adds",
            ),
            Finding(code="exception", severity="warn", message="IndexError on the edge case 'empty mask'"),
        ),
        features=(
            FeatureEvidence(name="red_share", accepted=False, **evidence),
            FeatureEvidence(name="red_contrast", accepted=True, **evidence),
        ),
    )


def make_feedback() -> Feedback:
    """Return what a bench would disclose of the extractor."""
    feature = DisclosedFeature(
        name="red_contrast", status="ok", missing="0-5%", stability=".75-.9", worst_perturbation="blur",
        redundancy=".7-.9", redundant_with="relief_ratio", shape="skewed", evidence="agrees",
        strength="moderate", pooled=True,
    )  # fmt: skip
    card = ScoreCard(
        extractor="0" * 64, mode="gated", gate="accepted", set_auc_band="0.70-0.75", features=(feature,),
        queries_left=12, label_bits_used=3.0,
    )  # fmt: skip
    return Feedback(card=card, predicted={"red_contrast": "up"})


def make_bank() -> tuple[BankEntry, ...]:
    """Return earlier extractors of this criterion and of others, the best first."""
    return (
        BankEntry(
            criterion="vascularity", features=("hue", "redness"), standing="pooled", gate="accepted",
            known=(
                KnownFeature(name="hue", meaning="mean hue inside", fate="rejected", finding="wrong_sign"),
                KnownFeature(
                    name="redness", meaning="median a* inside minus ring", fate="pooled", evidence="agrees",
                    strength="strong",
                ),
            ),
        ),
        BankEntry(
            criterion="height", features=("relief_ratio",), standing="pooled", gate="rejected",
            known=(KnownFeature(name="relief_ratio", meaning="shading inside over outside", fate="pooled"),),
        ),
        BankEntry(
            criterion="pigmentation", features=("melanin",), standing="turned_away", gate="blind",
            known=(KnownFeature(name="melanin", meaning="L* inside minus ring", fate="not_selected"),),
        ),
    )  # fmt: skip


def open_drafter(
    run: Path, base_url: str, clock: FakeClock | None = None, model: str = "scripted", **settings: Any
) -> ChatDrafter:
    """Open the chat drafter at a scripted server; retries take no time."""
    patience = Patience(clock=clock or FakeClock())
    return open_chat(model, DrafterSettings(run=run, base_url=base_url, **settings), patience)

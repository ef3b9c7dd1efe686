"""A bench without images and a drafter with faults, both deterministic: the loop's seams in its tests."""

import hashlib
import json
import threading
from pathlib import Path
from typing import Any, Literal

from scafe.agent.brief.brief import Brief
from scafe.agent.drafters.drafter import Reply, Usage
from scafe.agent.record.run_folder import load_run
from scafe.agent.record.seal import verify_run
from scafe.agent.record.trace import trace_body
from scafe.evals.disclosure.bench import Bench, BenchFacts, BenchSpec, FeatureRef, Frozen, Opened, Pruned
from scafe.evals.disclosure.score_card import DisclosedFeature, ScoreCard
from scafe.knowledge.contract.extractor import parse_extractor
from scafe.sandbox.probes.verdict import FeatureEvidence, Finding, Verdict

SOURCE = '''"""Measure number {number} of {criterion}."""

import numpy as np

CRITERION = "{criterion}"
FEATURES = {{
    "{name}": {{"unit": "ratio", "range": [0, 1], "direction": "up", "meaning": "share of red"}},
}}
NUMBER = {number}


def extract(image, mask):
    """Measure."""
    return {{"{name}": float(np.mean(image[mask]) / 255) * NUMBER}}
'''


def dice(*parts: object) -> int:
    text = "\0".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


class FaultyDrafter:
    """Answers at once; one in five answers is malformed, one in four extractors meets a finding."""

    name = "stand-in"
    egress_level: Literal["none", "aggregates"] = "none"

    def __init__(self, log: Path | None = None) -> None:
        self.log = log
        self.asked: list[str] = []
        self.lock = threading.Lock()

    def draft(self, brief: Brief) -> Reply:
        request = hashlib.sha256(brief.model_dump_json().encode()).hexdigest()
        with self.lock:
            self.asked.append(request)
            if self.log is not None:
                with self.log.open("a") as file:
                    file.write(request + "\n")
        return Reply(self.text(brief), request, Usage(len(brief.model_dump_json()), 100), False, "stop")

    def text(self, brief: Brief) -> str:
        if brief.operator == "plan":
            ideas = {one.id: [f"{one.id} in red"] for one in brief.criteria}
            return f"```python\nPLAN = {ideas!r}\n```"
        assert brief.criterion is not None
        draw = dice(brief.operator, brief.criterion.id, brief.variant, brief.seed, *brief.parents)
        if draw % 5 == 0:
            return "I would rather describe it: count the red pixels."
        number = draw % 1000
        name = f"{brief.criterion.id}_share"[:48]
        source = SOURCE.format(criterion=brief.criterion.id, number=number, name=name)
        return f"Here it is.\n\n```python\n{source}```\n"


class BrokenDrafter(FaultyDrafter):
    """Every second answer used to end a run: it is no Unicode, nested too deep, too long, or made to wait."""

    BROKEN = (
        "```python\n# half of a pair: \ud83d\nCRITERION = \n```",
        "```python\nx = " + "[" * 60 + "\n```",
        "```python\n" + "def extract(image, mask):\n    pass\n" * 15_000 + "```",
        "```python\ndef extract(image, mask):\n    return " + "-" * 20_000 + "1\n```",
        "```" + " " * 60_000 + "`",
        "a line\u2028another\x85and \x0b a third",
    )

    def text(self, brief: Brief) -> str:
        good = super().text(brief)
        draw = dice("broken", brief.operator, brief.variant, brief.seed, good)
        if brief.operator == "plan" or draw % 2:
            return good.replace("Here it is.", "Here it is \ud83d.")
        return self.BROKEN[draw // 2 % len(self.BROKEN)]


class StandInBench(Bench):
    """Judges and scores by dice over the source; journals its answers like the real one."""

    def __init__(
        self,
        folder: Path,
        mode: Literal["blind", "gated"] = "gated",
        queries: int = 20,
        kept: int | None = None,
    ) -> None:
        super().__init__(BenchSpec(pack="x", folder=str(folder)))
        self.folder = folder
        self.mode: Literal["blind", "gated"] = mode
        self.queries = queries
        self.kept = kept
        self.scored: list[str] = []

    def __enter__(self) -> "StandInBench":
        self.folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def facts(self) -> BenchFacts:
        return BenchFacts(
            classes=("keloid", "hypertrophic"),
            mode=self.mode,
            queries=self.queries if self.mode == "gated" else 0,
            sealed=True,
            patients_band="100-199",
            data_sha256="d" * 64,
            scorer_sha256="e" * 64,
            sandbox={"tier": "A"},
        )

    def probe(self, source: str) -> Verdict:
        extractor = parse_extractor(source)
        good = dice("probe", source) % 4 > 0
        findings = () if good else (self._finding(extractor.names[0]),)
        features = tuple(
            FeatureEvidence(
                name=name,
                responses=(),
                nuisance_shifts={},
                stability=0.9,
                worst_perturbation="blur",
                missing=0,
                fingerprint=tuple(float(dice(source, i) % 97) for i in range(12)),
                accepted=good,
            )
            for name in extractor.names
        )
        return Verdict(
            extractor=extractor.sha256, criterion=extractor.criterion, findings=findings, features=features
        )

    def score(self, source: str, names: tuple[str, ...], pool: tuple[FeatureRef, ...]) -> ScoreCard:
        request = hashlib.sha256(
            json.dumps([source, names, [p.model_dump() for p in pool]]).encode()
        ).hexdigest()
        journal = self.folder / "journal.json"
        done: dict[str, Any] = json.loads(journal.read_text()) if journal.exists() else {}
        if request not in done:
            left = self.queries - len(done) - 1 if self.mode == "gated" else 0
            assert left >= 0 or self.mode == "blind", "more queries asked than allowed"
            done[request] = left
            journal.write_text(json.dumps(done))
            self.scored.append(request)
        good = dice("score", source) % 2 == 0
        gate = "blind" if self.mode == "blind" else "accepted" if good else "rejected"
        return ScoreCard(
            extractor=hashlib.sha256(source.encode()).hexdigest(),
            mode=self.mode,
            gate=gate,
            features=tuple(self._disclosed(name, good) for name in names),
            queries_left=done[request],
            label_bits_used=0,
        )

    def prune(self, pool: tuple[FeatureRef, ...]) -> Pruned:
        number = len(pool) if self.kept is None else self.kept
        return Pruned(kept=pool[:number], dropped=pool[number:])

    def freeze(self, pool: tuple[FeatureRef, ...], folder: str, lineage: dict[str, list[str]]) -> Frozen:
        text = json.dumps([[one.model_dump() for one in pool], lineage], indent=1)
        Path(folder).mkdir(exist_ok=True)
        (Path(folder) / "manifest.json").write_text(text)
        return Frozen(
            bundle=folder,
            sha256=hashlib.sha256(text.encode()).hexdigest(),
            features=len(pool),
            criteria=("x",),
        )

    def open_seal(self, bundle: str, actor: str) -> Opened:
        return Opened(
            auc=0.8, low=0.7, high=0.9, baseline_auc=0.75, permuted_auc=0.5, dev_auc=0.81, sealed=True
        )

    def report(self, bundle: str, folder: str, run: dict[str, object]) -> dict[str, str]:
        path = Path(folder) / "report.html"
        path.write_text(json.dumps(run, indent=1))
        return {"html": str(path)}

    def _finding(self, feature: str) -> Finding:
        return Finding(code="unstable", severity="reject", feature=feature, message="smooth first")

    def _disclosed(self, name: str, pooled: bool) -> DisclosedFeature:
        return DisclosedFeature(
            name=name,
            status="ok",
            missing="0-5%",
            stability=">=.9",
            worst_perturbation="blur",
            redundancy="<.7",
            shape="ok",
            evidence="withheld",
            pooled=pooled,
        )


def fingerprint(root: Path) -> dict[str, Any]:
    """What two equal runs under `root` have in common, and whether the run is what it was sealed as."""
    run = next((root / "runs").glob("*"))
    revisions = sorted((run / "revisions").rglob("*"))
    return {
        "body": hashlib.sha256(trace_body(run / "events.jsonl").encode()).hexdigest(),
        "frozen": hashlib.sha256((run / "frozen/manifest.json").read_bytes()).hexdigest(),
        "report": hashlib.sha256((run / "report.html").read_bytes()).hexdigest(),
        "revisions": hashlib.sha256(b"".join(p.read_bytes() for p in revisions if p.is_file())).hexdigest(),
        "faults": list(verify_run(run).faults),
        "status": load_run(run).info().status,
    }

"""The process that holds the patients: `python -m scafe.evals.processes.bench`, JSON lines in and out.

One request is answered at a time. Every answer is journalled under the hash of its request before it is
sent; a process started later on the same folder answers from the journal and asks the labels nothing
twice. It dies with its parent.
"""

import ctypes
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from scafe.evals.cluster.client import Cluster
from scafe.evals.cluster.rows import ClusterRows
from scafe.evals.cluster.work import Walls
from scafe.evals.data.decoding.allocator import reuse_memory
from scafe.evals.data.kept_rows import FULL
from scafe.evals.disclosure.answers import answer_score
from scafe.evals.disclosure.bench import BenchFacts, BenchSpec, FeatureRef, Frozen, Pruned, Record
from scafe.evals.disclosure.drafted import choose_draft, compare_drafts
from scafe.evals.disclosure.journal import Journal
from scafe.evals.disclosure.ledger import Ledger
from scafe.evals.disclosure.session import BenchSession
from scafe.evals.disclosure.verdicts import reach_verdict
from scafe.evals.scoring.gate import prune
from scafe.knowledge.contract.errors import IntegrityError, SandboxError, ScafeError
from scafe.knowledge.contract.percent import PERCENT
from scafe.sandbox.pool.pool import Pool
from scafe.sandbox.probes.regions.judging import judge_locator

PR_SET_PDEATHSIG = 1
Answer = dict[str, Any]


class Desk:
    """Answers requests; opens data and sandbox with the first that needs them."""

    def __init__(self) -> None:
        self.spec: BenchSpec | None = None
        self.journal: Journal | None = None
        self._session: BenchSession | None = None
        self._pool: Pool | None = None
        self._cluster: Cluster | None = None

    def answer(self, method: str, arguments: Answer) -> Answer:
        """Answer one request, from the journal if it was asked before.

        Raises
        ------
        ScafeError
            Whatever the request met; the caller passes it on.
        """
        if method == "open":
            return self._open(BenchSpec.model_validate(arguments["spec"]))
        if self.journal is None:
            raise SandboxError("the bench was asked something before it was opened")
        if method == "facts":
            return self.session.facts.model_dump(mode="json")
        known = self.journal.reply(method, arguments)
        if known is not None and self._still_holds(method, known):
            self._remember(method, arguments)
            return known
        reply = self._fresh(method, arguments)
        self.journal.write(method, arguments, reply, self.session.ledger.model_dump(mode="json"))
        return reply

    def close(self) -> None:
        """Reap the sandbox, and leave the cluster."""
        if self._cluster is not None:
            self._cluster.__exit__(None, None, None)
            self._cluster = None
        if self._pool is not None:
            self._pool.__exit__(None, None, None)
            self._pool = None

    @property
    def session(self) -> BenchSession:
        """The open bench."""
        if self._session is None:
            self._session = self._start()
        return self._session

    def _open(self, spec: BenchSpec) -> Answer:
        self.spec = spec
        self.journal = Journal(Path(spec.folder))
        return {}

    def _start(self) -> BenchSession:
        spec, journal = self.spec, self.journal
        if spec is None or journal is None:
            raise SandboxError("the bench was asked something before it was opened")
        pool = Pool(spec.workers, allow_weaker=spec.allow_weaker_sandbox, backend=spec.sandbox)
        pool.__enter__()
        self._pool = pool
        session = BenchSession(spec, pool, self._joined(spec))
        _require_same_study(session, journal)
        if journal.ledger is not None:
            session.ledger = Ledger.model_validate(journal.ledger)
        return session

    def _joined(self, spec: BenchSpec) -> ClusterRows | None:
        if spec.cluster is None:
            return None
        cluster = Cluster(spec.cluster, Walls(spec.sandbox, spec.allow_weaker_sandbox))
        cluster.__enter__()
        self._cluster = cluster
        return ClusterRows(cluster)

    def _fresh(self, method: str, arguments: Answer) -> Answer:
        ways: dict[str, Callable[[Answer], Answer]] = {
            "probe": self._probe,
            "probe_locator": self._probe_locator,
            "compare_locators": self._compare_locators,
            "choose_locator": self._choose_locator,
            "score": self._score,
            "prune": self._prune,
            "freeze": self._freeze,
            "open_seal": self._open_seal,
            "report": self._report,
        }
        if method not in ways:
            raise SandboxError(f"the bench has no method {method!r}")
        return ways[method](arguments)

    def _remember(self, method: str, arguments: Answer) -> None:
        if method in ("probe", "score") and self._session is not None:
            self._session.remember(arguments["source"])

    def _still_holds(self, method: str, reply: Answer) -> bool:
        # A bundle or report that was removed since is written again, to the same bytes.
        if method == "freeze":
            return Path(reply["bundle"]).exists()
        if method == "choose_locator":
            return self.session.regions is not None
        return method != "report"

    def _probe(self, arguments: Answer) -> Answer:
        session, source = self.session, arguments["source"]
        session.remember(source)
        return reach_verdict(session, source).model_dump(mode="json")

    def _probe_locator(self, arguments: Answer) -> Answer:
        session = self.session
        verdict = judge_locator(arguments["source"], session.pack, session.pool, session.spec.seed)
        return verdict.model_dump(mode="json")

    def _compare_locators(self, arguments: Answer) -> Answer:
        cards = compare_drafts(self.session, arguments["sources"])
        return {"cards": [one.model_dump(mode="json") for one in cards]}

    def _choose_locator(self, arguments: Answer) -> Answer:
        return choose_draft(self.session, arguments["sources"]).model_dump(mode="json")

    def _score(self, arguments: Answer) -> Answer:
        names, pool = tuple(arguments["names"]), _refs(arguments["pool"])
        return answer_score(self.session, arguments["source"], names, pool).model_dump(mode="json")

    def _prune(self, arguments: Answer) -> Answer:
        session, pool = self.session, _refs(arguments["pool"])
        session.scorer.check()
        if session.facts.mode == "blind" or not pool:
            return Pruned(kept=pool, dropped=()).model_dump(mode="json")
        dev = session.split.dev
        rows, signs = session.matrix(pool, dev), session.signs(pool)
        kept = prune(rows, session.task(dev), session.fresh_folds, signs=signs)
        return Pruned(
            kept=tuple(pool[place] for place in kept),
            dropped=tuple(ref for place, ref in enumerate(pool) if place not in kept),
        ).model_dump(mode="json")

    def _freeze(self, arguments: Answer) -> Answer:
        from scafe.evals.frozen.freeze import freeze

        self.session.scorer.check()
        self.session.pool.rest()  # every extractor was probed
        frozen: Frozen = freeze(
            self.session, _refs(arguments["pool"]), arguments["folder"], arguments["lineage"]
        )
        return frozen.model_dump(mode="json")

    def _open_seal(self, arguments: Answer) -> Answer:
        from scafe.evals.frozen.seal import open_seal

        self.session.scorer.check()
        self.session.pool.rest()
        opened: Record = open_seal(self.session, arguments["bundle"], arguments["actor"])
        return opened.model_dump(mode="json")

    def _report(self, arguments: Answer) -> Answer:
        from scafe.evals.report.report import write_report

        return dict(write_report(self.session, arguments["bundle"], arguments["folder"], arguments["run"]))


def serve(requests: TextIO, replies: TextIO) -> None:
    """Answer one JSON line after the other until the requests end."""
    desk = Desk()
    try:
        for line in requests:
            request = json.loads(line)
            replies.write(json.dumps(_reply(desk, request)) + "\n")
            replies.flush()
    finally:
        desk.close()


def _reply(desk: Desk, request: Answer) -> Answer:
    try:
        return {"reply": desk.answer(request["method"], request["arguments"])}
    except ScafeError as error:
        return {"error": {"type": type(error).__name__, "message": str(error)}}
    except OSError as error:
        if error.errno not in FULL:
            return _defect(error)
        said = "no room is left on the disk; free some and go on (`scafe resume`): what was computed is kept"
        return {"error": {"type": "InputError", "message": said}}
    except Exception as error:  # a defect of ours: its text may hold values of patients, so it stays here
        return _defect(error)


def _defect(error: Exception) -> Answer:
    traceback.print_exc(file=sys.stderr)
    return {"error": {"type": "ScafeError", "message": f"the bench failed ({type(error).__name__})"}}


def _require_same_study(session: BenchSession, journal: Journal) -> None:
    scorer = session.scorer.as_record()
    facts = session.facts.model_dump(mode="json")
    if journal.opening is None:
        journal.write_opening({"facts": facts, "scorer": scorer})
        return
    session.scorer.check_against(journal.opening["scorer"])
    before = BenchFacts.model_validate(journal.opening["facts"])
    if before.data_sha256 != session.facts.data_sha256:
        raise IntegrityError(
            "the images, masks, labels or patients are not those this run began with; restore them, "
            "or start a new run"
        )
    if before.companion != session.facts.companion:
        raise IntegrityError(
            f"the companion is not the one this run began with ({_named(before)} then, "
            f"{_named(session.facts)} now); restore its file, or start a new run"
        )
    if before.experts_sha256 != session.facts.experts_sha256:
        raise IntegrityError(
            "the experts' scores are not those this run began with; restore the columns, or start a new run"
        )
    if before.toolkit_sha256 not in ("", session.facts.toolkit_sha256):
        raise IntegrityError(
            "the toolkit that extractors import is not the one this run began with "
            f"(SHA-256 {before.toolkit_sha256[:12]}… then, {session.facts.toolkit_sha256[:12]}… now); "
            "install the ScaFE that began it, or start a new run"
        )


def _named(facts: BenchFacts) -> str:
    note = facts.companion
    return "none" if note is None else f"{note.title} {note.sha256[:12]}".rstrip()


def _refs(data: list[dict[str, str]]) -> tuple[FeatureRef, ...]:
    return tuple(FeatureRef.model_validate(one) for one in data)


def _die_with_parent() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def main() -> None:
    """Serve on stdin and stdout; what a library prints goes to stderr."""
    if sys.platform == "linux":
        _die_with_parent()
    reuse_memory()
    PERCENT.connect()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    serve(sys.stdin, replies)


if __name__ == "__main__":
    main()

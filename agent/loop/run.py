"""Start a run, take one up again, and end it well: the function behind `scafe run` and `scafe demo`."""

import hashlib
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, Literal

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.errors import GraphDrained
from langgraph.runtime import RunControl
from langgraph.types import Command
from langsmith import tracing_context

from scafe.agent.drafters.drafter import Closing, Drafter, Replaying
from scafe.agent.drafters.loading import load_drafter
from scafe.agent.loop.asked import bench_spec, call_plan, drafter_settings
from scafe.agent.loop.graph import build_graph
from scafe.agent.nodes.gates import Decision, require_known
from scafe.agent.nodes.state import LoopContext, LoopState, first_state
from scafe.agent.record.adoption import (
    Trust,
    discard,
    drop_caches,
    is_known,
    remember,
    require_ours,
    state_folder,
)
from scafe.agent.record.checkpoints import open_checkpointer
from scafe.agent.record.events import NEWEST, Format, Noticed, Paused, Resumed
from scafe.agent.record.outcome import EXIT_CODES, RunOutcome, finished, gate_of
from scafe.agent.record.run_folder import RunFolder, create_run, load_run
from scafe.agent.record.seal import SEAL, seal_run
from scafe.agent.record.trace import EVENTS, Line, Trace, format_of, trace_body
from scafe.agent.settings.call_plan import plan_calls
from scafe.agent.settings.run_config import RunConfig, kept_config
from scafe.evals.disclosure.bench import Bench
from scafe.knowledge.contract.errors import InputError, IntegrityError, ModelError, ScafeError, WaitingError
from scafe.knowledge.criteria.pack import pack_path, parse_pack
from scafe.knowledge.criteria.yaml_text import read_pack_text

__all__ = ["RunConfig", "resume_run", "start_run"]

Ask = Callable[[dict[str, Any]], Decision | None]
"""Shows a person what is to be decided; None: not now, the run waits."""
Input = LoopState | Command[Any] | None
STEPS_PER_CALL = 12
"""Generous bound on graph steps per call: a loop that passes it is a fault, not a long run."""


def start_run(
    config: RunConfig,
    *,
    listener: Callable[[Line], None] | None = None,
    ask: Ask | None = None,
    drafter: Drafter | None = None,
    bench: Bench | None = None,
) -> RunOutcome:
    """Run the whole method once, in a new run folder.

    Parameters
    ----------
    config : RunConfig
        What is asked for.
    listener : callable, optional
        Is told every event after it reached the disk.
    ask : callable, optional
        Answers the gates (policy `ask`); without it the run waits at the first one.
    drafter, bench : optional
        Stand in for what `config` names.

    Raises
    ------
    InputError
        Unusable pack, data or settings; nothing stays behind.
    IntegrityError, SandboxError
        The run stays and can be resumed once the cause is gone.
    """
    path = pack_path(config.pack)
    pack_text = read_pack_text(path)
    pack = parse_pack(pack_text, config.pack)
    plan_calls(config.max_calls, len(pack.observable_criteria), 0, "blind")
    folder = create_run(Path(config.out), pack.id, config.seed, config.kept(), pack_text)
    try:
        return _Sitting(folder, config, listener, ask, drafter, bench).sit()
    except (ScafeError, OSError):
        if not _is_worth_keeping(folder):
            discard(folder)
        raise


def resume_run(
    path: Path | str,
    *,
    listener: Callable[[Line], None] | None = None,
    ask: Ask | None = None,
    decision: Decision | None = None,
    drafter: Drafter | None = None,
    bench: Bench | None = None,
    checkpoints: str | None = None,
    trust: Trust = "known",
) -> RunOutcome:
    """Take a run up where it stopped: killed, interrupted, waiting, or at any event at all.

    Parameters
    ----------
    path : Path
        The run folder.
    decision : Decision, optional
        What a person decided at the gate where the run waits.
    checkpoints : str, optional
        The PostgreSQL URL, whose password run.json does not hold.
    trust : {'known', 'endpoint', 'all'}
        How far a run is followed that was not started or adopted by this user on this machine: not at all,
        to the endpoint that it names, or to everything that it names (endpoint, files, sandbox). Its bench
        and its checkpoints are removed first.

    Raises
    ------
    InputError
        Not a run, a run of a newer version, one that another process is writing, one that is not ours, or a
        decision that strikes out what is not there: the run waits as before.
    IntegrityError
        Something in the folder is not what was recorded.
    """
    folder = load_run(path)
    require_ours(folder, trust)
    if not is_known(folder):
        drop_caches(folder)
    config = kept_config(folder.info().config, str(folder.path))
    if checkpoints is not None:
        config = config.model_copy(update={"checkpoints": checkpoints})
    sitting = _Sitting(folder, config, listener, ask, drafter, bench)
    return sitting.sit(decision, again=True)


class _Sitting:
    """One process that takes a run as far as it goes."""

    def __init__(
        self,
        folder: RunFolder,
        config: RunConfig,
        listener: Callable[[Line], None] | None,
        ask: Ask | None,
        drafter: Drafter | None,
        bench: Bench | None,
    ) -> None:
        self.folder = folder
        self.config = config
        self.listener = listener
        self.ask = ask
        self.drafter = drafter
        self.bench = bench
        self.control = RunControl()
        self.gate = gate_of(folder.info().why)
        """Where the run waits, and what a decision is about."""
        self.refused: InputError | None = None
        """Why a decision was not taken; the run waits on."""

    def sit(self, decision: Decision | None = None, *, again: bool = False) -> RunOutcome:
        """Run until the end, a gate, a fault or Ctrl-C."""
        with self.folder.locked():
            done = finished(self.folder.path) if (self.folder.path / EVENTS).exists() and again else None
            if done is not None:
                return self._seal(done)
            trace = Trace(self.folder.path, self.listener)
            if again:
                trace.note(Resumed(cursor=len(trace)))
            else:
                self._remember(trace)
            self.folder.set_status("running")
            try:
                outcome = self._go(trace, decision)
            except (GraphDrained, KeyboardInterrupt):
                return self._pause(trace, "interrupted", "stopped by a person", 130)
            except WaitingError as error:
                return self._pause(trace, "waiting", str(error), error.exit_code)
            except ModelError as error:
                return self._pause(trace, "interrupted", str(error), error.exit_code)
            except ScafeError as error:
                self._note_fault(trace, error)
                raise
            if self.refused is not None:
                raise self.refused
            return outcome

    def _remember(self, trace: Trace) -> None:
        """Note outside of the run folder that this run is ours: only such a run goes on by itself."""
        try:
            remember(self.folder, "started")
        except OSError as error:
            why = f"{error.strerror or type(error).__name__}: {state_folder()}"
            trace.note(Noticed(what=f"it cannot be kept that this run is yours ({why}); adopt it to resume"))

    def _go(self, trace: Trace, decision: Decision | None) -> RunOutcome:
        where = self.config.checkpoints or self.folder.checkpoints
        with (
            tracing_context(enabled=False),  # LANGSMITH_TRACING=true would post the state to its endpoint
            open_checkpointer(where) as saver,
            self._open_drafter(trace) as drafter,
            self.bench or Bench(bench_spec(self.config, self.folder)) as bench,
            self._drained_by_ctrl_c(),
        ):
            asks = self._loop(saver, self._context(trace, drafter, bench), decision)
        if asks is not None:
            gate = f"a person's decision at the gate '{asks['gate']}'"
            return self._pause(trace, "waiting", f"waits for {gate}", 3, asks)
        done = finished(self.folder.path)
        if done is None:
            raise IntegrityError(f"{self.folder.path}: the graph ended, but the trace has no end")
        return self._seal(done)

    def _loop(
        self, saver: BaseCheckpointSaver[Any], context: LoopContext, decision: Decision | None
    ) -> dict[str, Any] | None:
        """Invoke the graph until it ends; return what it asks if nobody answers."""
        graph, thread = build_graph(saver), self._thread()
        given: Input = None if graph.get_state(thread).values else first_state()
        while True:
            out = graph.invoke(
                given,
                thread,
                context=context,
                durability="sync",  # 'exit' lost everything after SIGKILL
                control=self.control,
                version="v2",
            )
            if not out.interrupts:
                return None
            asks: dict[str, Any] = out.interrupts[0].value
            answer, decision = self._answer(asks, decision), None
            if answer is None:
                return asks
            given = Command(resume=answer.model_dump(mode="json"))

    def _answer(self, asks: dict[str, Any], decision: Decision | None) -> Decision | None:
        """Decide as was said before the run went on, or ask a person; None: it waits.

        Without checkpoints the trace alone leads back to the gate, so a decision is kept until then.
        """
        is_meant = decision is not None and asks["gate"] == self.gate
        answer = decision if is_meant else self.ask(asks) if self.ask else None
        try:
            require_known(answer.drop if answer else (), asks)
        except InputError as error:
            self.refused = error
            return None
        return answer

    def _thread(self) -> RunnableConfig:
        return {
            "configurable": {"thread_id": self.folder.path.name},
            "recursion_limit": 100 + STEPS_PER_CALL * self.config.max_calls,
            "max_concurrency": 8,
        }

    @contextmanager
    def _open_drafter(self, trace: Trace) -> Iterator[Drafter]:
        """Load the drafter before the data: a missing key is told at once."""
        settings = drafter_settings(self.config, self.folder, lambda what: trace.note(Noticed(what=what)))
        drafter = self.drafter or load_drafter(self.config.model, settings)
        try:
            yield drafter
        finally:
            if self.drafter is None and isinstance(drafter, Closing):
                drafter.close()

    def _context(self, trace: Trace, drafter: Drafter, bench: Bench) -> LoopContext:
        text, config = read_pack_text(self.folder.path / "pack.yaml"), self.config
        pack = parse_pack(text, config.pack)
        return LoopContext(
            pack=pack,
            pack_sha256=hashlib.sha256(text.encode()).hexdigest(),
            drafter=drafter,
            bench=bench,
            spec=bench_spec(config, self.folder),
            run=self.folder,
            trace=trace,
            plan=partial(call_plan, config, pack),
            search=config.search,
            max_calls=config.max_calls,
            max_evaluations=config.max_evaluations,
            patience=config.patience,
            approve=config.approve,
            seed=config.seed,
            format=self._format(drafter),
        )

    def _format(self, drafter: Drafter) -> Format:
        """Keep to what this run, or the one that is replayed, was begun under."""
        replayed = drafter.format if isinstance(drafter, Replaying) else None
        return format_of(self.folder.path / EVENTS) or replayed or NEWEST

    @contextmanager
    def _drained_by_ctrl_c(self) -> Iterator[None]:
        """Let the first Ctrl-C end the run at the next step, the second at once."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.getsignal(signal.SIGINT)

        def drain(number: int, frame: FrameType | None) -> None:
            self.control.request_drain("Ctrl-C")
            signal.signal(signal.SIGINT, before)

        signal.signal(signal.SIGINT, drain)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _pause(
        self,
        trace: Trace,
        status: Literal["waiting", "interrupted"],
        why: str,
        exit_code: int,
        asks: dict[str, Any] | None = None,
    ) -> RunOutcome:
        trace.note(Paused(status=status, why=why))
        self.folder.set_status(status, why)
        told = f"{why}; go on with `scafe resume {self.folder.path.name}`"
        return RunOutcome(status, self.folder.path, None, (), told, exit_code, asks)

    def _note_fault(self, trace: Trace, error: ScafeError) -> None:
        """Leave word of a fault; a broken trace is left as it is."""
        if not isinstance(error, IntegrityError):
            trace.note(Paused(status="interrupted", why=str(error)))
        self.folder.set_status("interrupted", str(error))

    def _seal(self, done: RunOutcome) -> RunOutcome:
        """Set the last status and seal; a run that is sealed already stays as it is."""
        if not (self.folder.path / SEAL).exists():
            if done.status not in EXIT_CODES:
                raise IntegrityError(f"{self.folder.path}: the trace ends with the status {done.status!r}")
            self.folder.set_status(done.status, done.why)
            seal_run(self.folder.path)
        return done


def _is_worth_keeping(folder: RunFolder) -> bool:
    """Whether a run got so far that something would be lost with it: its bench was opened."""
    return (events := folder.path / EVENTS).exists() and '"kind": "bench_opened"' in trace_body(events)

"""Where the modules of ScaFE 0.1 stand now: an import of an old path fails with the new one in its words.

Nothing is imported under two names: a class that exists twice is not equal to itself.
"""

import sys

TYPE_CHECKING = False  # read by type checkers as true; importing typing costs more than the rest of scafe
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

ROOMS = {
    ("knowledge", "knowledge.contract"): "errors extractor masks",
    ("knowledge", "knowledge.criteria"): "criteria:pack totals write_schema",
    ("knowledge.phantoms", "knowledge.phantoms.rendering"): "camera nuisance outline scanner shading texture",
    ("knowledge", "knowledge.phantoms.rendering"): "optics",
    ("sandbox", "sandbox.language"): """
        policy members review imports preparation guards facades standins catalogue
    """,
    ("sandbox", "sandbox.system"): "jail seccomp syscalls selfattack doctor backends",
    ("sandbox", "sandbox.pool"): """
        extraction wire arena cell worker warmup process crew rows pool remote nearness selftest
    """,
    ("sandbox", "sandbox.probes"): """
        agreement panel perturbations evidence novelty determinism findings verdict probes:cascade
    """,
    ("evals", "evals.data"): """
        dataset dicom nifti formats manifest tables pixels sources segment features zipped
    """,
    ("evals", "evals.scoring"): """
        splits cases score ridge classifier gate stats controls learning crossfit assessment headline
        threads selftest:simulation
    """,
    ("evals", "evals.audit"): "audit shortcuts skin_tone",
    ("evals", "evals.disclosure"): """
        disclosure:score_card bands ledger label_noise session bench answers journal opening verdicts
        scorer
    """,
    ("evals", "evals.frozen"): """
        freeze fitting bundle bundle_records:records cards fingerprints frozen_set predict seal
        sealed_score stored_phantoms unpacked:contents verify
    """,
    ("evals", "evals.report"): """
        report report_blocks:blocks report_checklists:checklists report_details:details
        report_figures:figures report_page_one:page_one report_run:run_pages
    """,
    ("evals", "evals.processes"): "bench_process:bench bundle_process:bundle check_process:check",
    ("agent", "agent.settings"): "settings runconfig:run_config callplan:call_plan",
    ("agent", "agent.brief"): "brief prompt contraband",
    ("agent", "agent.record"): """
        runstore:run_folder trace events revisions checkpoints evidence:seal sittings outcome
    """,
    ("agent", "agent.egress"): """
        egress:door payload journal completion patience budget prices models hosts scripted sent
    """,
    ("agent", "agent.reply"): "reply blocks mend mend_head mend_returns mend_syntax parsing",
    ("agent", "agent.drafters"): """
        drafters:drafter builtin chat manual replay joining reactions rename source_edit endpoint_check
        usage
    """,
    ("agent", "agent.nodes"): """
        state steps opening drafting composing judging searching closing gates operators plateau
    """,
    ("agent", "agent.loop"): "graph run forecast",
    ("agent", "agent.terminal"): "terminal progress whole_file asking preflight offline",
    ("agent", "agent.cli"): """
        cli:main commands_bundle:bundle commands_criteria:criteria commands_data:data commands_gate:gate
        commands_host:host commands_phantoms:phantoms commands_run:run
        commands_selftest:selftest options decisions
    """,
    ("agent", "agent.cli.auditing"): "commands_runs:runs",
}
"""(where a module was, its room now) -> its name, or old:new."""
SPLIT = {
    ("agent.drafters", "agent.drafters.loading"): ("SHIPPED", "load_drafter"),
    ("evals.splits", "evals.scoring.feedback"): (
        "FeedbackMode",
        "GATED_FROM",
        "Plan",
        "QUERIES",
        "plan_feedback",
    ),
    ("sandbox.remote", "sandbox.pool.container"): ("main",),
}
"""(old module, where these of its names went) -> names; the rest went with the module."""
MEASURES = "scafe.knowledge.measures"


class MovedFinder:
    """Asked last, for a module that nobody else found: says where it went, or nothing."""

    @classmethod
    def find_spec(
        cls, fullname: str, path: "Sequence[str] | None" = None, target: "ModuleType | None" = None
    ) -> "ModuleSpec | None":
        """Raise ImportError for an old path of ScaFE; stay silent about every other name."""
        told = told_of(fullname) if fullname.startswith("scafe.") else ""
        if told:
            raise ImportError(told, name=fullname)
        return None


def install() -> None:
    """Put the finder behind all others, once."""
    if MovedFinder not in sys.meta_path:
        sys.meta_path.append(MovedFinder)


def moved_modules() -> dict[str, str]:
    """Return every module that moved: old dotted name -> new dotted name."""
    found = {}
    for (place, room), files in ROOMS.items():
        for file in files.split():
            old, _, new = file.partition(":")
            found[f"scafe.{place}.{old}"] = f"scafe.{room}.{new or old}"
    return found


def told_of(name: str) -> str:
    """Say where a dotted name of an older ScaFE went; '' if it never was one.

    Examples
    --------
    >>> told_of("scafe.agent.run")
    'scafe.agent.run moved to scafe.agent.loop.run'
    >>> told_of("scafe.evals.report.write_report")
    'scafe.evals.report.write_report moved to scafe.evals.report.report.write_report'
    """
    module, _, last = name.rpartition(".")
    if name in moved_modules():
        return f"{name} moved to {moved_modules()[name]}{_but_for(name)}"
    if module == MEASURES:
        return _told_of_measure(name, last)
    if module in moved_modules() and not last.startswith("__"):
        return f"{name} moved to {_home(module, last)}.{last}"
    return ""


def _told_of_measure(name: str, file: str) -> str:
    from importlib.util import find_spec

    modality, _, measure = file.partition("_")
    new = f"{MEASURES}.{modality}.{measure}"
    is_there = modality and measure and find_spec(f"{MEASURES}.{modality}") and find_spec(new)
    return f"{name} moved to {new}" if is_there else ""


def _home(module: str, name: str) -> str:
    """Return the module in which a name of an old module stands now."""
    homes = (new for (old, new), names in SPLIT.items() if f"scafe.{old}" == module and name in names)
    home = next(homes, None)
    return f"scafe.{home}" if home else moved_modules()[module]


def _but_for(module: str) -> str:
    apart = [
        f"; {', '.join(names)} to scafe.{new}"
        for (old, new), names in SPLIT.items()
        if f"scafe.{old}" == module
    ]
    return "".join(apart)

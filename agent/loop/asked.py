"""What a run's configuration asks of the bench, of the drafter and of the plan of its calls."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path

from scafe.agent.drafters.drafter import DrafterSettings
from scafe.agent.egress.budget import Caps
from scafe.agent.record.run_folder import RunFolder
from scafe.agent.record.sittings import seconds_of
from scafe.agent.record.trace import EVENTS
from scafe.agent.settings.call_plan import CallPlan, plan_calls
from scafe.agent.settings.run_config import RunConfig
from scafe.evals.disclosure.bench import BenchSpec
from scafe.knowledge.criteria.pack import CriteriaPack


def bench_spec(config: RunConfig, folder: RunFolder) -> BenchSpec:
    """Return what the bench is asked to open."""
    return BenchSpec(
        pack=str(folder.path / "pack.yaml"),
        data=config.data,
        cohort=config.cohort,
        labels=config.labels,
        ordinal=config.ordinal,
        segment=config.segment,
        locator=config.locator,
        classifier=config.classifier,
        prior=config.prior,
        companion=config.companion,
        mask_label=config.mask_label,
        ignore_columns=config.ignore_columns,
        patient_column=config.patient_column,
        fitted=config.fitted,
        seed=config.seed,
        feedback=config.feedback,
        dp_epsilon=config.dp_epsilon,
        folder=str(folder.bench),
        workers=config.workers,
        allow_weaker_sandbox=config.allow_weaker_sandbox,
        sandbox=config.sandbox,
        cache=config.cache,
        cluster=config.cluster,
    )


def drafter_settings(
    config: RunConfig, folder: RunFolder, tell: Callable[[str], None] | None = None
) -> DrafterSettings:
    """Return what the drafter may need beside a brief."""
    cost = None if config.max_cost is None else Decimal(str(config.max_cost))
    return DrafterSettings(
        run=folder.path,
        level=config.egress,
        base_url=config.base_url,
        repair_model=config.repair_model,
        max_tokens=config.max_reply_tokens,
        temperature=config.temperature,
        tell=tell,
        caps=Caps(calls=config.max_calls, tokens=config.max_tokens, cost=cost, seconds=config.max_seconds),
        elapsed_s=partial(seconds_of, folder.path / EVENTS),
        prices=Path(config.prices) if config.prices else None,
        prompts=Path(config.prompts) if config.prompts else None,
        never_send=tuple(path for path in (config.data, _file_of(config.companion)) if path),
        seed=config.seed,
        person=config.person,
    )


def _file_of(companion: str | None) -> str | None:
    """Return the path in `onnx:FILE`."""
    return companion.partition(":")[2] if companion else None


def call_plan(config: RunConfig, pack: CriteriaPack, queries: int, mode: str) -> CallPlan:
    """Spread the calls, now that the data has said how many label queries it can bear."""
    criteria = len(pack.observable_criteria)
    return plan_calls(config.max_calls, criteria, queries, mode, config.search, config.patience)

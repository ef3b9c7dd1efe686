"""What a run is asked, as one record that run.json can hold."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from scafe.agent.settings.call_plan import Search
from scafe.agent.settings.settings import load_settings, mask_password
from scafe.evals.disclosure.bench import CohortSpec
from scafe.knowledge.contract.errors import IntegrityError, SettingsError
from scafe.knowledge.contract.inert import inert
from scafe.knowledge.contract.masks import MaskMethod
from scafe.sandbox.probes.ranges import Range

DEMO_PACK = "scar.keloid_vs_hypertrophic"


class RunConfig(BaseModel):
    """Everything a run is asked; kept in run.json, so it holds no secret."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pack: str = Field(description="id or path of the criteria pack")
    data: str | None = Field(default=None, description="folder or manifest; none: a synthetic cohort")
    cohort: CohortSpec = CohortSpec()
    labels: tuple[str, ...] = ()
    ordinal: bool = Field(default=False, description="whether labels are levels, the highest first")
    segment: MaskMethod = Field(default="none", description="draws masks where none is given")
    locator: str = Field(default="none", description="finds masks that are not given")
    classifier: Literal["ridge", "auto"] = Field(
        default="ridge", description="auto: ridge or forest, decided on development folds"
    )
    prior: Literal["none", "declared"] = Field(
        default="none",  # of runs from before there was a choice; new ones ask by their settings
        exclude_if=lambda value: value == "none",
        description="declared: directions that pack and features state are the ridge's prior",
    )
    companion: str | None = Field(default=None, description="appearance that is fused beside the criteria")
    mask_label: int | None = Field(
        default=None, ge=0, description="the level of a mask that marks the lesion, where there are several"
    )
    ignore_columns: tuple[str, ...] = Field(
        default=(), description="columns of the manifest that are passed over"
    )
    patient_column: str | None = Field(
        default=None, description="column that names the patient; none: patient_id"
    )
    fitted: tuple[Range, ...] = Field(
        default=(), exclude_if=lambda value: not value, description="how far nuisances of phantoms go"
    )
    model: str = Field(default="builtin", description="spec of the drafter")
    repair_model: str | None = None
    base_url: str | None = None
    seed: int = Field(default=0, ge=0)
    max_calls: int = Field(default=50, ge=0)
    patience: int = Field(
        default=1,
        ge=0,
        exclude_if=lambda value: value == 1,
        description="adaptive rounds without anything accepted that end the search, from trace format 5 on; "
        "0: no such round",
    )
    max_tokens: int | None = Field(default=None, description="cap on tokens of the whole run")
    max_reply_tokens: int = Field(default=8192, ge=16, description="longest reply of the model")
    temperature: float | None = Field(default=None, description="asked for; the journal holds what was sent")
    max_cost: float | None = None
    max_seconds: float | None = None
    max_evaluations: int | None = Field(default=None, description="cap on extractors that are run")
    feedback: Literal["auto", "blind", "gated"] = "auto"
    dp_epsilon: float | None = Field(default=None, gt=0, description="privacy budget of told labels")
    search: Search = Field(default="loop", description="the method, or one of the baselines beside it")
    approve: Literal["never", "ask", "auto"] = "ask"
    egress: Literal["none", "aggregates"] = "aggregates"
    out: str = Field(default="runs", description="folder that run folders are made in")
    workers: int = Field(default=2, ge=1)
    sandbox: Literal["local", "bwrap", "docker", "gvisor"] = "local"
    allow_weaker_sandbox: bool = False
    cache: str | None = Field(default=None, description="folder of extracted values, shared by runs")
    cluster: str | None = Field(
        default=None,
        exclude_if=lambda value: value is None,
        description="local:N, tcp://… or tls://… of a Dask cluster that measures images",
    )
    checkpoints: str | None = Field(default=None, description="postgresql:// URL; none: SQLite in the run")
    prices: str | None = Field(default=None, description="TOML file over the shipped price table")
    prompts: str | None = Field(default=None, description="folder of prompt files over the shipped ones")
    person: str = Field(default="", description="who answers, for the manual drafter")

    @model_validator(mode="after")
    def _require_text(self) -> "RunConfig":
        """Refuse bytes that are no text: run.json, the trace and every message are UTF-8."""
        for name, value in self:
            if isinstance(value, (str, tuple)) and not _is_text("".join(map(str, value))):
                raise SettingsError(
                    f"{name}: {inert(str(value))} holds bytes that are not UTF-8, which run.json cannot "
                    "hold; rename the file or folder, or begin the run from inside it with a relative path"
                )
        return self

    def kept(self) -> dict[str, Any]:
        """Return what run.json may hold: no password."""
        held = self.model_dump(mode="json")
        for key in ("checkpoints", "base_url"):
            if held[key]:
                held[key] = mask_password(held[key])
        return held


def kept_config(kept: Mapping[str, Any], where: str) -> RunConfig:
    """Read the configuration that a run kept; IntegrityError if it is none, `where` names the run."""
    try:
        return RunConfig.model_validate(dict(kept))
    except ValidationError as error:
        fault = error.errors()[0]
        field = ".".join(str(part) for part in fault["loc"])
        raise IntegrityError(
            f"{where}, run.json, config.{field[:100]}: {fault['msg']}; the file was edited"
        ) from None


def configured(typed: Mapping[str, Any], **more: Any) -> RunConfig:
    """Put a run's configuration together: what was typed over `SCAFE_*` over scafe.toml over defaults.

    Parameters
    ----------
    typed : mapping
        Settings by name, as `scafe config show` lists them; None: not typed.
    more : optional
        What no setting holds: pack, data, cohort, labels.

    Raises
    ------
    SettingsError
        An unknown setting (with the nearest names), or a wrong value and where it was written.
    """
    given = {key: value for key, value in typed.items() if value is not None}
    return RunConfig.model_validate({**load_settings(given).run_options(), **more})


def configured_demo(typed: Mapping[str, Any], **cohort: Any) -> RunConfig:
    """Configure the demo: the built-in drafter on a synthetic cohort of scars, and no gate that waits."""
    fixed = {"model": "builtin", "approve": "auto", "feedback": "auto"}
    return configured({**typed, **fixed}, pack=DEMO_PACK, cohort=cohort)


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:  # Python keeps such bytes as lone surrogates (PEP 383)
        return False
    return True

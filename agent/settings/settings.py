"""Configuration: command line over `SCAFE_*` over `scafe.toml` over defaults, and where each value came from.

`scafe.toml` is read from the working directory, unless that lies in a run folder or a bundle, which may be
somebody else's; or from the file that `SCAFE_CONFIG` names. A key that
is not known is an error, never ignored; a variable that is not known is a warning, since other programs
may use the prefix too. The endpoint's key comes from the environment alone (`SCAFE_API_KEY`; for
api.openai.com also `OPENAI_API_KEY`); it is masked wherever a value is shown.
"""

import difflib
import os
import tomllib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from scafe.agent.settings.unread import UnreadFileWarning, UnreadVariableWarning
from scafe.knowledge.contract.errors import SettingsError
from scafe.knowledge.contract.inert import inert
from scafe.knowledge.contract.masks import MaskMethod

PREFIX = "SCAFE_"
CONFIG_VARIABLE = "SCAFE_CONFIG"
KEY_VARIABLES = ("SCAFE_API_KEY", "OPENAI_API_KEY")
MASK = "********"


class Settings(BaseSettings):
    """Everything that can be configured; `scafe config show` prints it."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", frozen=True, env_ignore_empty=True, protected_namespaces=()
    )

    model: str = Field(
        default="builtin",
        min_length=1,
        description="who drafts: builtin, openai:NAME, manual, replay:RUN, or a plug-in's name",
    )
    repair_model: str | None = Field(
        default=None, min_length=1, description="a cheaper model for repairs, at the same endpoint"
    )
    base_url: str | None = Field(
        default=None,
        pattern=r"^https?://",
        description="an OpenAI-compatible endpoint, http://HOST:PORT/v1 or https://HOST/v1",
    )
    api_key: SecretStr | None = Field(default=None, description="from the environment only")
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="decides splits, drafts and probes")
    max_calls: int = Field(default=50, ge=0, description="cap on calls of the model")
    patience: int | None = Field(
        default=None,
        ge=0,
        description="adaptive rounds without anything accepted that end the search; none: 1, and 0 (no such "
        "round) with the built-in drafter",
    )
    max_tokens: int | None = Field(default=None, ge=1, description="cap on tokens, prompts and replies")
    max_reply_tokens: int = Field(
        default=8192, ge=16, le=1_000_000, description="longest reply of the model, hidden reasoning included"
    )
    temperature: float | None = Field(
        default=None, ge=0, le=2, description="sent to the model; none: the endpoint's default"
    )
    max_cost: float | None = Field(default=None, ge=0, description="cap on money, in the price's currency")
    max_seconds: float | None = Field(default=None, gt=0, description="cap on the time of the run")
    max_evaluations: int | None = Field(default=None, ge=1, description="cap on extractors that are run")
    out: Path = Field(default=Path("runs"), description="folder that run folders are made in")
    approve: Literal["ask", "auto", "never"] = Field(
        default="ask", description="the gates where a person decides"
    )
    feedback: Literal["auto", "blind", "gated"] = Field(
        default="auto", description="whether labels may steer the search"
    )
    dp_epsilon: float | None = Field(
        default=None, gt=0, description="privacy budget of what is told of the labels; from 400 patients on"
    )
    ordinal: bool = Field(default=False, description="whether labels are levels, the highest first")
    segment: MaskMethod = Field(default="none", description="how masks are drawn for images that have none")
    locator: str = Field(
        default="reference", description="finds masks that are not given: reference, draft, none, or a file"
    )
    classifier: Literal["ridge", "auto"] = Field(
        default="ridge", description="auto decides between ridge and forest on development folds"
    )
    prior: Literal["none", "declared"] = Field(
        default="declared", description="whether declared directions are the prior of the ridge"
    )
    companion: str | None = Field(
        default=None,
        min_length=1,
        description="appearance fused beside the criteria: colour_texture or onnx:FILE; none: criteria only",
    )
    mask_label: int | None = Field(
        default=None, ge=0, description="the level of a mask that marks the lesion, where there are several"
    )
    workers: int = Field(default=2, ge=1, le=256, description="processes that run extractors")
    sandbox: Literal["local", "bwrap", "docker", "gvisor"] = Field(
        default="local", description="what holds the worker"
    )
    allow_weaker_sandbox: bool = Field(
        default=False, description="go on below tier B; recorded and shown in the report"
    )
    cache: Path | None = Field(
        default=None, description="a folder of values and verdicts that runs on the same images share"
    )
    cluster: str | None = Field(
        default=None,
        pattern=r"^(local:[1-9][0-9]{0,2}|(tcp|tls)://\S+:[0-9]+)$",
        description="local:N, tcp://HOST:PORT or tls://HOST:PORT of a Dask cluster that measures images",
    )
    checkpoints: str | None = Field(
        default=None, pattern=r"^postgres(ql)?://", description="a PostgreSQL URL; none: SQLite in the run"
    )
    prices: Path | None = Field(default=None, description="a TOML file that overrides the price table")
    prompts: Path | None = Field(default=None, description="a folder whose .md files replace the prompts")
    egress: Literal["none", "aggregates"] = Field(
        default="aggregates", description="what may leave at most; none refuses every model"
    )
    person: str = Field(default="", max_length=200, description="who answers and approves, for the record")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read only what `load_settings` puts together: it must know where each value came from."""
        return (init_settings,)


@dataclass(frozen=True)
class Configured:
    """Settings, and the origin of each."""

    settings: Settings
    origins: dict[str, str]
    """key -> 'command line', 'SCAFE_SEED', 'scafe.toml' or 'default'."""

    def run_options(self) -> dict[str, Any]:
        """Return what a run is configured with: everything but the key, in JSON types."""
        options = self.settings.model_dump(mode="json", exclude={"api_key"})
        if self.settings.patience is None:
            options["patience"] = patience_with(self.settings.model)
        return options

    def shown(self) -> dict[str, dict[str, Any]]:
        """Return key -> value and origin, with secrets masked."""
        values = self.settings.model_dump(mode="json")
        if self.settings.api_key:
            values["api_key"] = MASK
        if self.settings.checkpoints:
            values["checkpoints"] = mask_password(self.settings.checkpoints)
        if self.settings.base_url:
            values["base_url"] = mask_password(self.settings.base_url)
        return {key: {"value": values[key], "origin": self.origins[key]} for key in values}


def patience_with(model: str) -> int:
    """Return how many adaptive rounds without anything accepted a drafter is given, where nobody says.

    The built-in drafter has little to add once its measures are drafted and repaired: see the adaptive
    rounds in benchmarks/studies/loop_baselines.md.

    Parameters
    ----------
    model : str
        Spec of the drafter, as `--model` takes it.

    Examples
    --------
    >>> patience_with("builtin"), patience_with("openai:some-model")
    (0, 1)
    """
    return 0 if model == "builtin" else 1


def load_settings(
    command_line: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Configured:
    """Put the settings together.

    Parameters
    ----------
    command_line : mapping
        Only the options that were typed.
    environ : mapping
        The environment; the process's own if none is given.
    folder : Path
        Where `scafe.toml` is looked for; the working directory if none is given.

    Raises
    ------
    SettingsError
        Unknown key of the file (with the nearest names) or a wrong value, and where it was written.

    Warns
    -----
    UnreadWarning
        A `SCAFE_…` variable is not known; with the nearest name. A `scafe.toml` in a run folder or a bundle.
    """
    environment = dict(os.environ if environ is None else environ)
    for key in command_line or ():
        _require_known(key, f"setting {key!r}", tuple(Settings.model_fields))
    layers = (
        _from_file(_config_file(environment, folder or Path.cwd())),
        _from_environment(environment),
        {key: (value, "command line") for key, value in (command_line or {}).items()},
    )
    found: dict[str, tuple[Any, str]] = {}
    for layer in layers:
        found.update(layer)
    settings = _validated(found)
    return Configured(settings, {key: found.get(key, (None, "default"))[1] for key in Settings.model_fields})


def mask_password(url: str) -> str:
    """Return a URL without the password that may stand in it."""
    head, at, tail = url.rpartition("@")
    scheme, slashes, user = head.partition("://")
    return f"{scheme}{slashes}{user.split(':')[0]}:{MASK}@{tail}" if at and ":" in user else url


def _validated(found: Mapping[str, tuple[Any, str]]) -> Settings:
    try:
        return Settings(**{key: value for key, (value, _) in found.items()})
    except ValidationError as error:
        fault = error.errors()[0]
        key = str(fault["loc"][0])
        deeper = "".join(f".{part}" for part in fault["loc"][1:])
        value, origin = found[key]
        problem = "" if fault["type"] == "string_pattern_mismatch" else f" ({fault['msg']})"
        raise SettingsError(
            f"{origin}: {key + deeper} is {_printable(key, value)}; "
            f"expected {Settings.model_fields[key].description}{problem}"
        ) from None


def _printable(key: str, value: Any) -> str:
    if key == "api_key":
        return MASK
    return repr(mask_password(value) if isinstance(value, str) else value)


def _config_file(environ: Mapping[str, str], folder: Path) -> Path | None:
    named = environ.get(CONFIG_VARIABLE)
    if named and not Path(named).is_file():
        raise SettingsError(f"{CONFIG_VARIABLE} names {named}, which is no file; unset it or write that file")
    path = Path(named) if named else folder / "scafe.toml"
    if not path.is_file():
        return None
    if not named and (owner := _run_or_bundle_around(folder)):
        warnings.warn(_not_read(path, owner), UnreadFileWarning, stacklevel=4)
        return None
    return path


def _run_or_bundle_around(folder: Path) -> Path | None:
    # Such folders are handed around: a file in one could send words and key to an endpoint of its author's.
    here = folder.resolve()
    return next((one for one in (here, *here.parents) if _is_run(one) or _is_bundle(one)), None)


def _is_run(folder: Path) -> bool:
    return (folder / "run.json").is_file()


def _is_bundle(folder: Path) -> bool:
    return (folder / "manifest.json").is_file() and (folder / "extractors").is_dir()


def _not_read(path: Path, owner: Path) -> str:
    return inert(
        f"{path} is not read: it lies in {owner.name}, a run folder or a bundle, which may be somebody "
        f"else's. Work in another folder, or set {CONFIG_VARIABLE} to that file if it is yours"
    )


def _from_file(path: Path | None) -> dict[str, tuple[Any, str]]:
    if path is None:
        return {}
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not TOML: {error}") from None
    for key in data:
        _require_known(key, f"{path}: key {key!r}", tuple(Settings.model_fields))
    if "api_key" in data:
        raise SettingsError(
            f"{path}: key 'api_key': a secret does not belong in a file; export {KEY_VARIABLES[0]}"
        )
    return {key: (value, str(path)) for key, value in data.items()}


def _from_environment(environ: Mapping[str, str]) -> dict[str, tuple[Any, str]]:
    known = tuple(PREFIX + key.upper() for key in Settings.model_fields)
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in (*known, CONFIG_VARIABLE):
            warnings.warn(_unread(name, (*known, CONFIG_VARIABLE)), UnreadVariableWarning, stacklevel=3)
    found = {key: (value, PREFIX + key.upper()) for key, value in _environment_values(environ).items()}
    if "api_key" not in found and environ.get("OPENAI_API_KEY"):
        found["api_key"] = (environ["OPENAI_API_KEY"], "OPENAI_API_KEY")
    return found


def _environment_values(environ: Mapping[str, str]) -> dict[str, Any]:
    source = EnvSettingsSource(Settings)
    source.env_vars = {key.lower(): value for key, value in environ.items()}
    return source()


def _unread(name: str, known: tuple[str, ...]) -> str:
    # Other programs, batch systems and later versions may set variables with this prefix: no reason to stop.
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    hint = f"; did you mean {near[0]}?" if near else "; `scafe config show` lists those that are"
    return f"the environment variable {inert(name)} is not read by this version{hint}"


def _require_known(name: str, where: str, known: tuple[str, ...]) -> None:
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.6) or known
        raise SettingsError(f"{where} is not known; did you mean {', '.join(near)}?")

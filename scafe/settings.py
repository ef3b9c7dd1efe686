"""Every setting of a run beside those that `scafe.run` names, by the names of `scafe config show`."""

from pathlib import Path
from typing import Literal, TypedDict

from scafe.knowledge.contract.masks import MaskMethod


class RunSettings(TypedDict, total=False):
    """What may be given to `scafe.run` by name; the rest comes from `SCAFE_*`, scafe.toml or a default."""

    repair_model: str
    """A cheaper model for repairs, at the same endpoint."""
    base_url: str
    """An OpenAI-compatible endpoint, http://HOST:PORT/v1 or https://HOST/v1."""
    max_tokens: int
    """Cap on tokens of the whole run, prompts and replies."""
    max_reply_tokens: int
    """Longest reply of the model, hidden reasoning included."""
    temperature: float
    """Sent to the model; without it the endpoint's own counts."""
    max_cost: float
    """Cap on money, in the currency of the price."""
    max_seconds: float
    """Cap on the time of the run."""
    patience: int
    """Adaptive rounds without anything accepted that end the search; 0: no adaptive round."""
    max_evaluations: int
    """Cap on extractors that are run on phantoms."""
    feedback: Literal["auto", "blind", "gated"]
    """Whether labels may steer the search; auto: from 100 patients on."""
    dp_epsilon: float
    """Privacy budget of what a drafter is told of the labels; from 400 patients on."""
    ordinal: bool
    """Whether labels are levels; name them highest first."""
    segment: MaskMethod
    """How masks are drawn for images that have none."""
    locator: str
    """What finds masks that are not given: reference (the default), draft, none, or the file of a locator."""
    classifier: Literal["ridge", "auto"]
    """auto decides between the ridge and a random forest on development folds, for one label query."""
    prior: Literal["declared", "none"]
    """What the ridge expects before any label: the directions that pack and features declare, or nothing."""
    companion: str
    """Appearance fused beside the criteria, colour_texture or onnx:FILE; the headline stays criteria only."""
    mask_label: int
    """The level of a mask that marks the lesion, where masks have more than two."""
    workers: int
    """Processes that run extractors."""
    sandbox: Literal["local", "bwrap", "docker", "gvisor"]
    """What holds the worker."""
    allow_weaker_sandbox: bool
    """Go on where the host cannot hold both walls; recorded and shown in the report."""
    cache: str | Path
    """A folder of values that runs on the same images share."""
    cluster: str
    """A Dask cluster that measures images: local:N, tcp://HOST:PORT or tls://HOST:PORT."""
    checkpoints: str
    """A postgresql:// URL instead of a file in the run folder."""
    prices: str | Path
    """A TOML file over the price table."""
    prompts: str | Path
    """A folder whose .md files replace the prompts."""
    egress: Literal["none", "aggregates"]
    """What may leave at most; none refuses every model."""
    person: str
    """Who answers and approves, for the record."""

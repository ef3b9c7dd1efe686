"""How far one nuisance of a phantom goes; read by processes that draw no phantom, so it imports none."""

from pydantic import BaseModel, ConfigDict, Field


class Range(BaseModel):
    """How far one nuisance goes."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str = Field(max_length=40, pattern=r"^[a-z][a-z0-9_]*$")
    low: float
    high: float

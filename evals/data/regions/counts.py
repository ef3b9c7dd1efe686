"""How many masks were given, found, empty or failed: plain counts, for people and for the bundle."""

from collections import Counter
from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Origin = Literal["given", "found", "empty", "failed"]
"""given: of the data · found: by the locator · empty: it found nothing · failed: it gave no mask."""


class RegionCounts(BaseModel):
    """Where the masks of some images come from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    given: int = Field(default=0, ge=0, description="masks of the data; they always win")
    found: int = Field(default=0, ge=0, description="found by the locator")
    empty: int = Field(default=0, ge=0, description="images on which the locator found nothing")
    failed: int = Field(default=0, ge=0, description="images on which the locator failed; the mask is empty")

    @classmethod
    def of(cls, origins: Iterable[Origin]) -> "RegionCounts":
        """Count where masks come from."""
        counted = Counter(origins)
        return cls(**{str(name): number for name, number in counted.items()})

    @property
    def asked(self) -> int:
        """Images that the locator was asked about."""
        return self.found + self.empty + self.failed

    def __str__(self) -> str:
        """Say it in one line, for a report."""
        told = f"{self.given} given, {self.found} found by the locator, {self.empty} empty"
        return f"{told}, {self.failed} failed" if self.failed else told

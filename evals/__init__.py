"""What is good: images and labels stay here; only disclosed aggregates leave."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scafe.evals.frozen.frozen_set import FrozenSet

__all__ = ["FrozenSet"]


def __getattr__(name: str) -> Any:
    """Load `FrozenSet` when it is first asked for: scikit-learn takes seconds to import."""
    if name == "FrozenSet":
        from scafe.evals.frozen.frozen_set import FrozenSet

        return FrozenSet
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

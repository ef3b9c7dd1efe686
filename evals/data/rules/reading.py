"""What a user chose about how files are read; one record, so that a prediction reads as the run did."""

from dataclasses import dataclass

from scafe.knowledge.contract.masks import WINDOW, WindowRule


@dataclass(frozen=True)
class Reading:
    """How masks and volumes are read."""

    mask_label: int | None = None
    """The level of a mask that marks the lesion; None: masks have two levels."""
    window: WindowRule = WINDOW
    """How the values of a volume become grey levels."""

    def marks(self) -> tuple[bytes, ...]:
        """Return what of it makes other pixels of the same bytes, for their hash; nothing as usual."""
        return () if self.mask_label is None else (f"mask label {self.mask_label}".encode(),)


AS_USUAL = Reading()
"""Masks of two levels, and the window rule for everything new."""

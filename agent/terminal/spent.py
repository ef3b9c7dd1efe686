"""What the processes that were started here cost: wall time, processor time, and the largest one's memory."""

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

KIB_PER_MB = 1000
"""ru_maxrss counts KiB on Linux."""


@dataclass
class Spent:
    """Steps as they end; a step's processes are counted once they were waited for."""

    steps: dict[str, dict[str, float]] = field(default_factory=dict)
    """Step -> seconds by the clock, processor seconds."""

    @contextmanager
    def on(self, step: str) -> Iterator[None]:
        """Count what runs inside towards a step."""
        clock, worked = time.monotonic(), _processor()
        try:
            yield
        finally:
            held = self.steps.setdefault(step, {"seconds": 0.0, "processor_seconds": 0.0})
            held["seconds"] = round(held["seconds"] + time.monotonic() - clock, 1)
            held["processor_seconds"] = round(held["processor_seconds"] + _processor() - worked, 1)

    def told(self) -> dict[str, object]:
        """Return the steps, and the memory of the largest process in MB."""
        largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        return {**self.steps, "largest_process_mb": round(largest / KIB_PER_MB)}


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime

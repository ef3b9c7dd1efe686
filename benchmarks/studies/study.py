"""One dataset, many runs: a study keeps each finished run in its own folder and never runs it twice."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from scafe.agent.loop.run import RunConfig, resume_run, start_run
from scafe.agent.record.outcome import RunOutcome

Search = Literal["loop", "best_of_n", "one_shot"]


@dataclass(frozen=True)
class Study:
    """What is run, and where its runs are kept."""

    pack: str
    data: str | None
    """Dataset; None: the synthetic cohort."""
    labels: tuple[str, ...]
    max_calls: int
    out: Path
    ignored: tuple[str, ...] = ()
    """Columns of the manifest that are not used."""
    locator: str = "none"
    """What fills masks that are not given."""

    @property
    def name(self) -> str:
        """Name of the study's folder."""
        return "-".join([self.pack, *self.labels, f"{self.max_calls}calls"])

    def run(self, seed: int, search: Search = "loop") -> RunOutcome:
        """Run with the built-in drafter, go on with a run that was cut off, or read a finished one."""
        out = self.out / self.name / search / str(seed)
        begun = sorted(path for path in out.glob("*") if path.is_dir())
        if begun:
            return resume_run(begun[0])
        return start_run(
            RunConfig(
                pack=self.pack,
                data=self.data,
                labels=self.labels,
                ignore_columns=self.ignored,
                locator=self.locator,
                seed=seed,
                max_calls=self.max_calls,
                approve="never",
                search=search,
                out=str(out),
                workers=1,
                cache=str(self.out / "cache" / self.pack),
            )
        )

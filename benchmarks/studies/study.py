"""One dataset, many runs: a study keeps each finished run in its own folder and never runs it twice."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from scafe.agent.loop.run import RunConfig, resume_run, start_run
from scafe.agent.record.outcome import RunOutcome
from scafe.agent.settings.settings import patience_with

Search = Literal["one_shot", "loop", "one_round", "best_of_n"]
"""loop: as it ships with the built-in drafter, no adaptive round · one_round: adaptive rounds until one
brings nothing that the gate accepts."""
PATIENCE: dict[Search, int] = {"loop": patience_with("builtin")}


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

    def folder(self, seed: int, search: Search) -> Path:
        """Return the folder that holds the one run of a seed."""
        return self.out / self.name / search / str(seed)

    def begun(self, seed: int, search: Search) -> Path | None:
        """Return the run of a seed, whole or not; None if it was not begun."""
        return min((path for path in self.folder(seed, search).glob("*") if path.is_dir()), default=None)

    def run(self, seed: int, search: Search = "loop") -> RunOutcome:
        """Run with the built-in drafter, go on with a run that was cut off, or read a finished one."""
        out = self.folder(seed, search)
        begun = self.begun(seed, search)
        if begun:
            return resume_run(begun)
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
                search="loop" if search == "one_round" else search,
                patience=PATIENCE.get(search, 1),
                out=str(out),
                workers=1,
                prior="declared",
                cache=str(self.out / "cache" / self.pack),
            )
        )

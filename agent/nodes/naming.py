"""How features of a run are named: as drafted, or, in runs of before, with a number where a name was taken.

A revision keeps the names of its parent; who is meant is said by criterion, revision and feature, and a
column that two revisions would share is named by the machine (`column_names`). A run recorded under the
older rule is replayed under it: its briefs show the numbered names, and a reply is found by its brief.
"""

from collections.abc import Iterable, Mapping

from scafe.agent.drafters.rename import free_name, rename_features
from scafe.agent.nodes.state import Line, LoopState, Task
from scafe.evals.disclosure.bench import FeatureRef
from scafe.knowledge.contract.extractor import Extractor, parse_extractor


def pool_refs(state: LoopState, pool: Iterable[list[str]] | None = None) -> tuple[FeatureRef, ...]:
    """Return the pool, each feature with its extractor and revision."""
    lines, entries = state["lines"], state["pool"] if pool is None else pool
    return tuple(
        FeatureRef(extractor=sha256, name=name, revision=lines[sha256]["name"]) for sha256, name in entries
    )


def with_numbers(
    extractor: Extractor, task: Task, lines: Mapping[str, Line]
) -> tuple[Extractor, dict[str, str]]:
    """Rename features whose names another line of the run has: the older rule.

    A repair takes the place of what it mends and a simplification that of its parent, so these keep
    the names of their own line.
    """
    own = _own_line(task, lines)
    taken = {name for sha256, line in lines.items() if sha256 not in own for name in line["features"]}
    renamed: dict[str, str] = {}
    for name in extractor.names:
        others = {*taken, *extractor.names, *renamed.values()} - {name}
        if name in taken:
            renamed[name] = free_name(name, others | {name})
    return parse_extractor(rename_features(extractor.source, renamed)), renamed


def _own_line(task: Task, lines: Mapping[str, Line]) -> set[str]:
    """Return the revisions whose place an answer takes: its parent, and what that one mended."""
    own: set[str] = set()
    parents, takes_place = task["parents"], task["operator"] in ("repair", "simplify")
    while takes_place and parents and parents[0] in lines:
        line = lines[parents[0]]
        own.add(parents[0])
        parents, takes_place = line["parents"], line["repairs"] > 0 or line["origin"] == "simplify"
    return own

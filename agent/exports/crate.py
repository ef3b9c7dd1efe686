"""A run as a Process Run Crate: RO-Crate metadata over the run's own sealed files.

Profile: https://w3id.org/ro/wfrun/process/0.5 (Leo et al., PLoS ONE 2024;19(9):e0309210).
"""

from pathlib import Path
from typing import Any, Final

from scafe.agent.exports.needed import needed
from scafe.agent.exports.whole_run import WholeRun, metrics, new_place
from scafe.agent.record.seal import MOST_FILES, NOT_SEALED, SEAL, SUMS
from scafe.knowledge.contract.inside import walk_inside

PROFILE: Final = "https://w3id.org/ro/wfrun/process/0.5"
HOME: Final = "https://pypi.org/project/scafe/"
INPUTS: Final = ("pack.yaml", "run.json")


def write_crate(run: WholeRun, into: Path) -> list[Path]:
    """Write a new folder that holds the run's files and ro-crate-metadata.json.

    Raises
    ------
    InputError
        rocrate is not installed, or something stands there.
    IntegrityError
        The run holds a link or a device.
    """
    library, model = needed("rocrate.rocrate", "ro-crate"), needed("rocrate.model", "ro-crate")
    new_place(into)
    crate = library.ROCrate()
    profile = crate.add(
        model.ContextEntity(
            crate, PROFILE, {"@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"}
        )
    )
    crate.root_dataset["conformsTo"] = profile
    crate.name = f"ScaFE run {run.folder.path.name}"
    crate.description = "A run of ScaFE: criteria, every revision, the trace, the frozen set and the report."
    crate.root_dataset["datePublished"] = run.info.changed
    files = _files(crate, run)
    crate.root_dataset["mentions"] = [_action(crate, model, run, files)]
    crate.write(into)
    return [into]


def _files(crate: Any, run: WholeRun) -> dict[str, Any]:
    """Add every file that a seal covers, and the seal; the bench's private folder stays behind."""
    folder = run.folder.path
    names = [*walk_inside(folder, MOST_FILES, NOT_SEALED)]
    names += [name for name in (SEAL, SUMS) if (folder / name).is_file()]
    return {name: crate.add_file(folder / name, dest_path=name, properties={"name": name}) for name in names}


def _action(crate: Any, model: Any, run: WholeRun, files: dict[str, Any]) -> Any:
    finished = run.happened.told.finished
    scafe = crate.add(
        model.SoftwareApplication(
            crate,
            HOME,
            {"name": "ScaFE", "version": run.info.versions.get("scafe", ""), "url": HOME},
        )
    )
    people = [_person(crate, model, name) for name in _names(run)]
    values = [
        crate.add(
            model.ContextEntity(crate, f"#{name}", {"@type": "PropertyValue", "name": name, "value": value})
        )
        for name, value in metrics(run)
    ]
    ended = "http://schema.org/CompletedActionStatus" if finished else "http://schema.org/ActiveActionStatus"
    told = {
        "@type": "CreateAction",
        "name": f"ScaFE run {run.folder.path.name}",
        "startTime": run.happened.first,
        "actionStatus": ended,
        **({"endTime": run.happened.last} if finished else {}),
    }
    action = crate.add(model.ContextEntity(crate, f"#run-{run.folder.path.name}", told))
    action["instrument"] = scafe
    action["object"] = [files[name] for name in INPUTS if name in files]
    action["result"] = [one for name, one in files.items() if name not in INPUTS] + values
    if people:
        action["agent"] = people
    return action


def _names(run: WholeRun) -> list[str]:
    """Return who decided at the gates, each once; the policy is nobody."""
    told = (one.event.name for one in run.happened.decided)
    return list(dict.fromkeys(name for name in told if not name.startswith("policy ")))


def _person(crate: Any, model: Any, name: str) -> Any:
    return crate.add(model.Person(crate, f"#person-{len(crate.contextual_entities)}", {"name": name}))

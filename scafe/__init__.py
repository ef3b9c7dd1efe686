"""ScaFE from Python: run, resume, read and use what a run made, with one import.

Made from the rooms of all layers, loaded when a name is first asked for. For whoever writes Python.
"""

from scafe import moved

TYPE_CHECKING = False  # read by type checkers as true; importing typing costs more than the rest of scafe
if TYPE_CHECKING:
    from scafe.bundles import Bundle as Bundle
    from scafe.bundles import load_bundle as load_bundle
    from scafe.comparing import Comparison as Comparison
    from scafe.comparing import compare as compare
    from scafe.datasets import load_dataset as load_dataset
    from scafe.knowledge.contract.errors import ScafeError as ScafeError
    from scafe.packs import load_pack as load_pack
    from scafe.packs import probe as probe
    from scafe.runs import Run as Run
    from scafe.runs import load_run as load_run
    from scafe.starting import demo as demo
    from scafe.starting import resume as resume
    from scafe.starting import run as run

    __version__: str

_HOMES = {
    "Bundle": "scafe.bundles",
    "Comparison": "scafe.comparing",
    "Run": "scafe.runs",
    "ScafeError": "scafe.knowledge.contract.errors",
    "compare": "scafe.comparing",
    "demo": "scafe.starting",
    "load_bundle": "scafe.bundles",
    "load_dataset": "scafe.datasets",
    "load_pack": "scafe.packs",
    "load_run": "scafe.runs",
    "probe": "scafe.packs",
    "resume": "scafe.starting",
    "run": "scafe.starting",
}
"""Public name -> the module that defines it."""
__all__ = [
    "Bundle",
    "Comparison",
    "Run",
    "ScafeError",
    "__version__",
    "compare",
    "demo",
    "load_bundle",
    "load_dataset",
    "load_pack",
    "load_run",
    "probe",
    "resume",
    "run",
]

if not TYPE_CHECKING:  # a type checker sees the imports above, and takes no name for granted

    def __getattr__(name: str) -> object:
        """Load a public name when it is first asked for: scikit-learn alone takes seconds."""
        from importlib import import_module, metadata

        if name == "__version__":
            found = metadata.version("scafe")
        elif name in _HOMES:
            found = getattr(import_module(_HOMES[name]), name)
        else:
            raise AttributeError(f"module 'scafe' has no attribute {name!r}; it has {', '.join(__all__)}")
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    """List the public names, also those that are not loaded yet."""
    return __all__


moved.install()

"""ScaFE from Python: run, resume, read and use what a run made, with one import.

Made from the rooms of all layers, loaded when a name is first asked for. For whoever writes Python.
"""

from typing import TYPE_CHECKING, Any

from scafe import moved

if TYPE_CHECKING:
    from scafe.knowledge.contract.errors import ScafeError as ScafeError

    __version__: str

__all__ = ["ScafeError", "__version__"]
_HOMES = {
    "ScafeError": "scafe.knowledge.contract.errors",
}
"""Public name -> the module that defines it."""

if not TYPE_CHECKING:  # a type checker sees the imports above, and takes no name for granted

    def __getattr__(name: str) -> Any:
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

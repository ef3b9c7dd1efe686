"""A library that an export needs and an ordinary installation lacks."""

from importlib import import_module
from typing import Any

from scafe.knowledge.contract.errors import InputError


def needed(module: str, extra: str) -> Any:
    """Import a module of an extra; InputError says what to install."""
    try:
        return import_module(module)
    except ImportError:
        raise InputError(f"this export needs {module.split('.')[0]}: pip install 'scafe[{extra}]'") from None

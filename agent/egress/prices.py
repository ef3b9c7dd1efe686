"""What a model's tokens cost: a shipped table that the user overrides, fixed per run at its first call."""

import json
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from importlib import resources
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from scafe.agent.egress.completion import Usage
from scafe.agent.egress.hosts import is_private
from scafe.agent.egress.journal import read_kept, write_durably
from scafe.knowledge.contract.errors import IntegrityError, SettingsError
from scafe.knowledge.contract.plain_json import read_json

MILLION = Decimal(1_000_000)


class Price(BaseModel):
    """What one model's tokens cost."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: float = Field(ge=0, description="price of a million prompt tokens")
    output: float = Field(ge=0, description="price of a million reply tokens")
    currency: str = Field(default="USD", min_length=1)


FREE = Price(input=0, output=0)
SNAPSHOT = "prices.json"


class PriceTable:
    """Prices by model name; what the user gave comes first, a name that ends in * matches a beginning."""

    def __init__(self, overrides: Path | None = None) -> None:
        given = _read(overrides.read_text(encoding="utf-8"), str(overrides)) if overrides else {}
        self._tables = (given, shipped_prices())

    def price(self, model: str, base_url: str) -> Price | None:
        """Return the price of a model at an endpoint.

        A model at a loopback or private address is free unless the user gave a price; an unknown model
        elsewhere has no price (None), and then no cap on money can be kept.
        """
        given, shipped = self._tables
        found = _match(given, model)
        if found or is_private(base_url):
            return found or FREE
        return _match(shipped, model)


def cost(price: Price, usage: Usage) -> Decimal:
    """Return what tokens cost, exactly, in the price's currency."""
    spent = Decimal(str(price.input)) * usage.prompt_tokens
    return (spent + Decimal(str(price.output)) * usage.completion_tokens) / MILLION


def shipped_prices() -> dict[str, Price]:
    """Return the shipped table."""
    return _read(
        (resources.files("scafe.agent.egress") / "prices.toml").read_text(encoding="utf-8"), "prices.toml"
    )


def fix_price(folder: Path, model: str, price: Price | None) -> Price | None:
    """Return the price this run began with; write it down if the run has not called this model before.

    A resumed run counts with the prices of its first call, whatever the table says by then.
    """
    path = folder / SNAPSHOT
    fixed = _snapshot(path)
    if model not in fixed:
        fixed[model] = price.model_dump() if price else None
        write_durably(path, json.dumps(fixed, indent=1, sort_keys=True).encode() + b"\n")
    return _price(fixed[model], path)


def fixed_prices(folder: Path) -> dict[str, Price | None]:
    """Return the prices that a run counts with."""
    path = folder / SNAPSHOT
    return {name: _price(price, path) for name, price in _snapshot(path).items()}


def _snapshot(path: Path) -> dict[str, dict[str, object] | None]:
    if not path.is_file():
        return {}
    found: dict[str, dict[str, object] | None] = read_json(read_kept(path), str(path))
    if not isinstance(found, dict):
        raise IntegrityError(f"{path}: no prices by model; the file was changed")
    return found


def _price(found: object, path: Path) -> Price | None:
    try:
        return Price.model_validate(found) if found else None
    except ValidationError:
        raise IntegrityError(f"{path}: not the price of a model; the file was changed") from None


def _match(table: Mapping[str, Price], model: str) -> Price | None:
    if model in table:
        return table[model]
    begins = [name for name in table if name.endswith("*") and model.startswith(name[:-1])]
    return table[max(begins, key=len)] if begins else None


def _read(text: str, where: str) -> dict[str, Price]:
    try:
        models = tomllib.loads(text)["models"]
        return {str(name): Price.model_validate(price) for name, price in models.items()}
    except (tomllib.TOMLDecodeError, KeyError, AttributeError, ValidationError) as error:
        raise SettingsError(
            f"{where}: no price table: {' '.join(str(error).split())}; expected [models] with lines like "
            '"gpt-4.1" = { input = 2.0, output = 8.0 }'
        ) from None

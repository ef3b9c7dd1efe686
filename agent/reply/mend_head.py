"""Repairs of an extractor's head: the same statements in the contract's words, nothing made up.

A model that writes `"expected_sign": "+"` has stated a direction; one that leaves the direction out has
not, and is asked.
"""

import ast
import json
import math
import re
from typing import Any

from scafe.agent.reply.mend import cut
from scafe.agent.reply.parsing import parse
from scafe.knowledge.contract.extractor import FEATURE_NAME

UP = (
    "up",
    "+",
    "+1",
    "1",
    "positive",
    "increase",
    "increases",
    "increasing",
    "higher",
    "rise",
    "rises",
    "greater",
    "↑",
)
DOWN = (
    "down",
    "-",
    "-1",
    "negative",
    "decrease",
    "decreases",
    "decreasing",
    "lower",
    "fall",
    "falls",
    "smaller",
    "↓",
)
EITHER = (
    "either",
    "both",
    "none",
    "neutral",
    "0",
    "±",
    "+/-",
    "any",
    "unknown",
    "two-sided",
    "nonmonotonic",
    "non-monotonic",
)
SYNONYMS = {
    "unit": ("units",),
    "range": ("bounds", "limits", "valid_range", "value_range", "expected_range"),
    "direction": ("expected_direction", "expected_sign", "sign", "expected", "dir", "trend"),
    "meaning": ("description", "desc", "definition", "doc", "formula", "explanation", "rationale"),
}
NO_UNIT = "unitless"
MAX_MEANING = 300


def mend_head(source: str, criterion: str | None) -> tuple[str, tuple[str, ...]]:
    """Put CRITERION and FEATURES into the contract's form. The text must parse.

    Parameters
    ----------
    source : str
    criterion : str, optional
        What was asked for; only its spelling is mended, never its meaning.
    """
    steps: list[str] = []
    changed = _with_criterion(source, criterion)
    if changed != source:
        steps.append("named_criterion")
        source = changed
    for step, repair in (("wrote_features_plainly", _with_features), ("renamed_features", _with_snake_names)):
        changed = repair(source)
        if changed != source:
            steps.append(step)
            source = changed
    return source, tuple(steps)


def assignment(tree: ast.Module, name: str) -> ast.Assign | ast.AnnAssign | None:
    """Return the statement that gives a module constant its value."""
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if (
            isinstance(node, (ast.Assign, ast.AnnAssign))
            and isinstance(target, ast.Name)
            and target.id == name
        ):
            return node
    return None


def _with_criterion(source: str, criterion: str | None) -> str:
    tree = parse(source)
    node = assignment(tree, "CRITERION")
    if node is None:
        if criterion is None:
            return source
        first = tree.body[0] if tree.body else None
        has_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        at = (first.end_lineno or 0) if first is not None and has_text else 0
        lines = source.split("\n")
        while at < len(lines) and re.match(r"(?:import|from) |\s*$", lines[at]):
            at += 1
        return "\n".join([*lines[:at], f'CRITERION = "{criterion}"', *lines[at:]])
    value = node.value
    named = value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None
    if criterion and named is not None and named != criterion and flat(named) == flat(criterion):
        return cut(source, node, f'CRITERION = "{criterion}"')
    if isinstance(node, ast.AnnAssign) and named is not None:
        return cut(source, node, f'CRITERION = "{named}"')
    return source


def flat(name: str) -> str:
    """Return a name without case and punctuation."""
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def _with_features(source: str) -> str:
    """Rewrite FEATURES if it says what the contract asks for in other words."""
    tree = parse(source)
    node = assignment(tree, "FEATURES")
    if node is None or node.value is None:
        return source
    try:
        said = _value(node.value, _numbers(tree))
    except ValueError:
        return source
    heads = _heads(said)
    if heads is None or (heads == said and isinstance(node, ast.Assign) and is_literal(node.value)):
        return source
    return cut(source, node, format_features(heads))


def format_features(heads: dict[str, dict[str, Any]]) -> str:
    """Write FEATURES as the contract shows it."""
    lines = ["FEATURES = {"]
    for name, head in heads.items():
        lines.append(f"    {json.dumps(name)}: {{")
        lines += [
            f"        {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)},"
            for key, value in head.items()
        ]
        lines.append("    },")
    return "\n".join([*lines, "}"])


def is_literal(node: ast.expr) -> bool:
    """Return whether an expression can be read without running it."""
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return False
    return True


def _numbers(tree: ast.Module) -> dict[str, Any]:
    """Return the module's plain constants, which a head may have been written with."""
    found: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            try:
                found[node.targets[0].id] = _value(node.value, found)
            except ValueError:
                continue
    return found


def _value(node: ast.expr, known: dict[str, Any]) -> Any:
    """Evaluate what is plainly a constant; ValueError for anything else."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name) and node.id in known:
        return known[node.id]
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return [_value(one, known) for one in node.elts]
    if isinstance(node, ast.Dict) and all(key is not None for key in node.keys):
        keys = [_value(key, known) for key in node.keys if key is not None]
        if all(isinstance(key, (str, int, float)) for key in keys):
            return dict(zip(keys, (_value(one, known) for one in node.values), strict=True))
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "dict"
        and not node.args
    ):
        return {word.arg: _value(word.value, known) for word in node.keywords if word.arg}
    if isinstance(node, ast.Attribute) and node.attr in ("pi", "e"):
        return math.pi if node.attr == "pi" else math.e
    return _number(node, known)


def _number(node: ast.expr, known: dict[str, Any]) -> float:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        value = _value(node.operand, known)
        if isinstance(value, (int, float)):
            return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub, ast.Mult, ast.Div)):
        left, right = _value(node.left, known), _value(node.right, known)
        if all(isinstance(one, (int, float)) and abs(one) < 1e9 for one in (left, right)) and right:
            return _calculated(node.op, float(left), float(right))
    raise ValueError("not a constant")


def _calculated(operation: ast.operator, left: float, right: float) -> float:
    if isinstance(operation, ast.Add):
        return left + right
    if isinstance(operation, ast.Sub):
        return left - right
    return left * right if isinstance(operation, ast.Mult) else left / right


def _heads(said: Any) -> dict[str, dict[str, Any]] | None:
    """Put a FEATURES of another shape into the contract's; None if something would have to be made up."""
    if isinstance(said, list) and all(isinstance(one, dict) and "name" in one for one in said):
        said = {one["name"]: {key: value for key, value in one.items() if key != "name"} for one in said}
    if not isinstance(said, dict) or not said:
        return None
    if set(said) == {"features"} and isinstance(said["features"], (dict, list)):
        return _heads(said["features"])
    heads = {str(name): _head(head) for name, head in said.items()}
    return None if any(head is None for head in heads.values()) else heads  # type: ignore[return-value]


def _head(said: Any) -> dict[str, Any] | None:
    if isinstance(said, list) and len(said) == 4:
        said = dict(zip(("unit", "range", "direction", "meaning"), said, strict=True))
    if not isinstance(said, dict):
        return None
    plain = {str(key).strip().casefold(): value for key, value in said.items()}
    for low, high in (("min", "max"), ("low", "high"), ("lower", "upper")):
        if "range" not in plain and low in plain and high in plain:
            plain["range"] = [plain[low], plain[high]]
    found = {key: _first(plain, (key, *others)) for key, others in SYNONYMS.items()}
    unit = found["unit"] if "unit" in plain or "units" in plain else "?"
    meaning = found["meaning"]
    direction = _direction(found["direction"])
    limits = _limits(found["range"])
    if (
        unit == "?"
        or direction is None
        or limits is None
        or not isinstance(meaning, str)
        or not meaning.strip()
    ):
        return None
    meaning = " ".join(meaning.split())
    return {
        "unit": str(unit).strip() or NO_UNIT if unit is not None else NO_UNIT,
        "range": limits,
        "direction": direction,
        "meaning": meaning if len(meaning) <= MAX_MEANING else meaning[: MAX_MEANING - 1] + "…",
    }


def _first(plain: dict[str, Any], keys: tuple[str, ...]) -> Any:
    return next((plain[key] for key in keys if key in plain), None)


def _direction(said: Any) -> str | None:
    if said is None or isinstance(said, bool):
        return None
    word = (
        str(int(said))
        if isinstance(said, (int, float)) and said in (-1, 0, 1)
        else str(said).strip().casefold()
    )
    return next(
        (name for name, words in (("up", UP), ("down", DOWN), ("either", EITHER)) if word in words), None
    )


def _limits(said: Any) -> list[float] | None:
    if isinstance(said, str):
        try:
            said = json.loads(said.replace("(", "[").replace(")", "]"))
        except (ValueError, RecursionError):
            return None
    if not isinstance(said, list) or len(said) != 2:
        return None
    if not all(
        isinstance(one, (int, float)) and not isinstance(one, bool) and abs(one) < 1e308 for one in said
    ):
        return None
    return sorted(said) if said[0] != said[1] else None


def _with_snake_names(source: str) -> str:
    """Spell feature names in snake_case, in FEATURES and wherever the same text stands."""
    renamed = {}
    for name in declared_names(parse(source)):
        plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
        plain = re.sub(r"[^a-z0-9]+", "_", plain.casefold()).strip("_")[:48]
        plain = plain if plain[:1].isalpha() else f"f_{plain}"[:48]
        if not FEATURE_NAME.fullmatch(name) and FEATURE_NAME.fullmatch(plain):
            renamed[name] = plain
    return rename_texts(source, renamed)


def rename_texts(source: str, renamed: dict[str, str]) -> str:
    """Replace texts of the module that are exactly one of `renamed`, wherever they stand."""
    if not renamed or len(set(renamed.values())) != len(renamed):
        return source
    nodes = [
        node
        for node in ast.walk(parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in renamed
    ]
    for node in sorted(nodes, key=lambda one: (one.lineno, one.col_offset), reverse=True):
        source = cut(source, node, json.dumps(renamed[str(node.value)]))
    return source


def declared_names(tree: ast.Module) -> tuple[str, ...]:
    """Return the feature names of FEATURES, as far as they are literals."""
    node = assignment(tree, "FEATURES")
    value = node.value if node else None
    if not isinstance(value, ast.Dict):
        return ()
    return tuple(
        key.value for key in value.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)
    )

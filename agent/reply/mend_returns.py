"""Repairs of what `extract` returns: FEATURES and the returned dict must name the same features.

Only what can be told without running is touched, and only by dropping what stands on one side.
"""

import ast
import difflib
import json

from scafe.agent.reply.mend import cut, extract_of
from scafe.agent.reply.mend_head import (
    assignment,
    declared_names,
    flat,
    format_features,
    is_literal,
    rename_texts,
)
from scafe.agent.reply.parsing import parse

MOST_RETURNS = 40
"""Returns of one function that are brought into step; each is looked at with the whole function."""
MOST_NAMES = 48
LONGEST_NAME = 64
"""Names that are compared by spelling, and their length; comparing takes the product of both lengths."""


def match_features(source: str) -> tuple[str, tuple[str, ...]]:
    """Bring FEATURES and what `extract` returns into step, by dropping what stands on one side only.

    A name that is spelled a little differently on both sides is one feature. Early returns that give
    nothing give NaN for every feature.
    """
    function = extract_of(parse(source))
    if function is None or len(returns_of(function)) > MOST_RETURNS:
        return source, ()
    steps: list[str] = []
    for step, repair in (
        ("matched_spelling", _match_spelling),
        ("filled_early_return", _fill_early_returns),
        ("dropped_undeclared", _drop_undeclared),
        ("dropped_unreturned", _drop_unreturned),
    ):
        changed = repair(source)
        if changed != source:
            steps.append(step)
            source = changed
    return source, tuple(steps)


def disagreement(source: str) -> str | None:
    """Say how FEATURES and `extract` differ, as far as can be told without running; None if they agree."""
    tree = parse(source)
    function = extract_of(tree)
    declared = set(declared_names(tree))
    if function is None:
        return None
    if not _always_ends(function.body):
        return "extract can come to its end without returning a value: return a dict on every path"
    returns = returns_of(function)
    if len(returns) > MOST_RETURNS:
        return f"extract returns at {len(returns)} places; at most {MOST_RETURNS} are read: keep one idea"
    for node in returns:
        keys = _keys(node.value, function)
        if node.value is None or _is_none(node.value):
            return f"line {node.lineno}: extract returns nothing here; return a dict, with NaN if need be"
        if isinstance(node.value, (ast.Tuple, ast.List, ast.Constant, ast.JoinedStr)):
            return f"line {node.lineno}: extract must return a dict with the names in FEATURES"
        if keys is not None and keys != declared:
            both = ", ".join(sorted(keys ^ declared))
            return f"line {node.lineno}: FEATURES and the returned dict differ in: {both}"
    return None


def returns_of(function: ast.FunctionDef) -> list[ast.Return]:
    """Return the function's own returns in order, not those of functions within it."""
    found: list[ast.Return] = []
    waiting: list[ast.AST] = list(reversed(function.body))
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Return):
            found.append(node)
        if not isinstance(node, (ast.FunctionDef, ast.Lambda, ast.ClassDef)):
            waiting.extend(reversed(list(ast.iter_child_nodes(node))))
    return found


def _keys(node: ast.expr | None, function: ast.FunctionDef) -> set[str] | None:
    """Return the keys of a returned dict, or None if they cannot be told without running."""
    if isinstance(node, ast.Dict):
        return _literal_keys(node)
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "dict"
        and not node.args
    ):
        words = {word.arg for word in node.keywords}
        return None if None in words else {str(word) for word in words}
    if isinstance(node, ast.Name):
        return _built_keys(node.id, function)
    return None


def _literal_keys(node: ast.Dict) -> set[str] | None:
    keys = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
    return (
        {key for key in keys if isinstance(key, str)} if all(isinstance(key, str) for key in keys) else None
    )


def _built_keys(name: str, function: ast.FunctionDef) -> set[str] | None:
    """Follow a dict that is assigned once and filled by name at the top level of the function."""
    found: set[str] | None = None
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and any(
            isinstance(one, ast.Name) and one.id == name for one in node.targets
        ):
            if found is not None or not isinstance(node.value, (ast.Dict, ast.Call)):
                return None
            found = _keys(node.value, function)
            if found is None:
                return None
    if found is None:
        return None
    for node in ast.walk(function):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == name:
            if isinstance(node.ctx, ast.Store):
                if not isinstance(node.slice, ast.Constant) or not isinstance(node.slice.value, str):
                    return None
                found.add(node.slice.value)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name:
            return None  # update, pop, setdefault: cannot be told here
    return found


def _always_ends(body: list[ast.stmt]) -> bool:
    """Return whether a block always ends in a return or a raise."""
    last = body[-1]
    if isinstance(last, (ast.Return, ast.Raise)):
        return True
    if isinstance(last, ast.If):
        return bool(last.orelse) and _always_ends(last.body) and _always_ends(last.orelse)
    if isinstance(last, ast.With):
        return _always_ends(last.body)
    if isinstance(last, ast.Try):
        tried = _always_ends(last.orelse or last.body) and all(
            _always_ends(one.body) for one in last.handlers
        )
        return tried or (bool(last.finalbody) and _always_ends(last.finalbody))
    return False


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _match_spelling(source: str) -> str:
    tree = parse(source)
    function = extract_of(tree)
    if function is None:
        return source
    declared = declared_names(tree)
    returned = _main_keys(function)
    if returned is None or not returned - set(declared):
        return source
    if len(declared) + len(returned) > MOST_NAMES or max(map(len, {*declared, *returned})) > LONGEST_NAME:
        return source
    lone = sorted(returned - set(declared))
    renamed = {}
    for name in (one for one in declared if one not in returned):
        same = [one for one in lone if flat(one) == flat(name)]
        near = same or difflib.get_close_matches(name, lone, n=2, cutoff=0.85)
        if len(near) == 1 and near[0] not in renamed:
            renamed[near[0]] = name
    return rename_texts(source, renamed)


def _main_keys(function: ast.FunctionDef) -> set[str] | None:
    """Return the keys of the last return, which is the one that measures."""
    found = returns_of(function)
    return _keys(found[-1].value, function) if found else None


def _fill_early_returns(source: str) -> str:
    function = extract_of(parse(source))
    if function is None:
        return source
    for node in reversed(returns_of(function)[:-1]):
        value = node.value
        is_empty = value is None or _is_none(value) or (isinstance(value, ast.Dict) and not value.keys)
        is_nan = value is not None and ast.unparse(value) in (
            "float('nan')",
            "np.nan",
            "math.nan",
            "numpy.nan",
        )
        if is_empty or is_nan:
            source = cut(source, node, 'return {name: float("nan") for name in FEATURES}')
    return source


def _drop_undeclared(source: str) -> str:
    tree = parse(source)
    function = extract_of(tree)
    declared = set(declared_names(tree))
    if function is None or not declared:
        return source
    for node in reversed(returns_of(function)):
        keys = _keys(node.value, function)
        if node.value is None or keys is None or not keys - declared or not keys & declared:
            continue
        kept = f"{{name: value for name, value in {ast.unparse(node.value)}.items() if name in FEATURES}}"
        source = cut(source, node, f"return {_without_keys(node.value, declared) or kept}")
    return source


def _without_keys(node: ast.expr, declared: set[str]) -> str | None:
    if not isinstance(node, ast.Dict):
        return None
    pairs = zip(node.keys, node.values, strict=True)
    kept = [(key, value) for key, value in pairs if isinstance(key, ast.Constant) and key.value in declared]
    return "{" + ", ".join(f"{json.dumps(key.value)}: {ast.unparse(value)}" for key, value in kept) + "}"


def _drop_unreturned(source: str) -> str:
    tree = parse(source)
    function = extract_of(tree)
    node = assignment(tree, "FEATURES")
    if function is None or node is None or node.value is None or not is_literal(node.value):
        return source
    returned = _main_keys(function)
    heads = ast.literal_eval(node.value)
    if returned is None or not isinstance(heads, dict) or not set(heads) & returned or set(heads) <= returned:
        return source
    kept = {name: head for name, head in heads.items() if name in returned}
    dropped = cut(source, node, format_features(kept))
    return _drop_undeclared(dropped)

"""Change the text of an extractor: constants, features, range; the rest of it stays as it was.

Works on `ast` positions, so comments and layout survive. It is for sources that keep the extractor
contract; it runs none of them.
"""

import ast
import pprint
from collections.abc import Collection, Mapping
from typing import Any

WRAPPER = '''

def extract(image, mask):
    """Return the declared features alone."""
    values = measure_all(image, mask)
    return {name: values[name] for name in FEATURES}
'''


def constants(source: str) -> dict[str, Any]:
    r"""Return the module's literal constants with upper-case names.

    >>> constants("BLUR = 1.5\\nx = 2\\n")
    {'BLUR': 1.5}
    """
    return {name: _literal(node) for name, node in _assignments(source).items() if _is_literal(node)}


def docstring(source: str) -> str:
    """Return the module's docstring, or ''."""
    return ast.get_docstring(ast.parse(source)) or ""


def with_constants(source: str, values: Mapping[str, Any]) -> str:
    r"""Return the source with some constants set to other values.

    >>> with_constants("BLUR = 1.5  # px\\n", {"BLUR": 3})
    'BLUR = 3  # px\\n'
    """
    nodes = _assignments(source)
    edits = [(nodes[name].value, repr(value)) for name, value in values.items()]
    return _replaced(source, edits)


def without(source: str, name: str) -> str:
    """Return the source without the assignment to a constant."""
    node = _assignments(source).get(name)
    if node is None:
        return source
    lines = source.splitlines(keepends=True)
    del lines[node.lineno - 1 : node.end_lineno]
    return "".join(lines)


def with_features(source: str, features: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the source with another FEATURES literal; values that it leaves out are not returned.

    If a feature is left out, `extract` becomes `measure_all` behind a new `extract`: no line of the
    measurement has to be understood for that.
    """
    dropped = set(constants(source)["FEATURES"]) - set(features)
    text = pprint.pformat({name: dict(head) for name, head in features.items()}, width=100, sort_dicts=False)
    edited = _replaced(source, [(_assignments(source)["FEATURES"].value, text)])
    if not dropped:
        return edited
    return _wrapped(edited)


def keep_features(source: str, names: Collection[str]) -> str:
    """Return the source with only some of its features."""
    declared = constants(source)["FEATURES"]
    return with_features(source, {name: head for name, head in declared.items() if name in names})


def simplified(source: str) -> str:
    """Return the same measurement in less text: unused names, comments and layout go.

    Assignments whose value nobody reads are taken out until none is left; a call may only be taken out
    with its assignment, never a statement of its own.
    """
    tree = ast.parse(source)
    _return_only_declared(tree, set(constants(source)["FEATURES"]))
    while _drop_unused(tree):
        pass
    text = ast.unparse(ast.fix_missing_locations(tree)) + "\n"
    return with_features(text.replace("\ndef ", "\n\n\ndef "), constants(text)["FEATURES"])


def _assignments(source: str) -> dict[str, ast.Assign]:
    return {
        node.targets[0].id: node
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign)
        and len(node.targets) == 1
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id.isupper()
    }


def _literal(node: ast.Assign) -> Any:
    return ast.literal_eval(node.value)


def _is_literal(node: ast.Assign) -> bool:
    try:
        _literal(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return False
    return True


def _replaced(source: str, edits: list[tuple[ast.expr, str]]) -> str:
    """Put other text in the place of some expressions; `ast` counts columns in bytes."""
    lines = source.encode().splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    data = source.encode()
    for node, text in sorted(edits, key=lambda one: -one[0].lineno):
        first = starts[node.lineno - 1] + node.col_offset
        last = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        data = data[:first] + text.encode() + data[last:]
    return data.decode()


def _wrapped(source: str) -> str:
    if "def measure_all(" in source:
        return source  # wrapped before: its extract already follows FEATURES
    return source.replace("def extract(", "def measure_all(", 1).rstrip("\n") + "\n" + WRAPPER


def _return_only_declared(tree: ast.Module, declared: set[str]) -> None:
    """Drop undeclared keys from returned dict literals; undo the wrapper where that suffices."""
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    inner = functions.get("measure_all")
    if inner is None or not all(_is_dict(node) for node in ast.walk(inner) if isinstance(node, ast.Return)):
        return
    for node in ast.walk(inner):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Dict):
            kept = [
                (key, value)
                for key, value in zip(node.value.keys, node.value.values, strict=True)
                if isinstance(key, ast.Constant) and key.value in declared
            ]
            node.value.keys, node.value.values = [key for key, _ in kept], [value for _, value in kept]
    tree.body.remove(functions["extract"])
    inner.name = "extract"


def _is_dict(node: ast.Return) -> bool:
    """Whether a return names its keys, or makes one for every declared feature."""
    if isinstance(node.value, ast.DictComp):
        source = node.value.generators[0].iter
        return isinstance(source, ast.Name) and source.id == "FEATURES"
    return isinstance(node.value, ast.Dict) and all(isinstance(key, ast.Constant) for key in node.value.keys)


def _drop_unused(tree: ast.Module) -> bool:
    """Take out functions, constants and local names that nothing reads; return whether any was."""
    read = {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    kept = {"CRITERION", "FEATURES", "extract"}
    dropped = False
    for parent in ast.walk(tree):
        body = getattr(parent, "body", None)
        if not isinstance(body, list):
            continue
        for node in list(body):
            names = _bound_names(node)
            if names and not names & (read | kept):
                body.remove(node)
                dropped = True
        if not body and not isinstance(parent, ast.Module):
            body.append(ast.Pass())
    return dropped


def _bound_names(node: ast.stmt) -> set[str]:
    """Return what a statement binds, if binding is all it does."""
    if isinstance(node, ast.FunctionDef):
        return {node.name}
    if isinstance(node, ast.Assign):
        names = [name for target in node.targets for name in ast.walk(target)]
        if all(isinstance(name, ast.Name | ast.Tuple | ast.Store) for name in names):
            return {name.id for name in names if isinstance(name, ast.Name)}
    return set()

"""Nothing that the language hands out leads to a class, a module, a frame or a function of a library."""

import json
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
import walk

from scafe.sandbox.language import guards, kinds, policy
from scafe.sandbox.language.facades import facades
from scafe.sandbox.language.standins import ArrayToken
from scafe.sandbox.language.text import ADDRESS
from scafe.sandbox.pool import cell
from scafe.sandbox.pool.extraction import ImageAndMask

HEAD = (
    'CRITERION = "c"\nFEATURES = {"a": {"unit": "u", "range": [0, 1], "direction": "up", "meaning": "m"}}\n'
)
IMPORTS = (
    "import numpy as np\nimport math\nimport itertools\nfrom collections import Counter, OrderedDict, deque\n"
)


def everything() -> dict[str, object]:
    """Every member of every facade, every builtin, and a value of each basic type."""
    found = {
        f"{module}.{name}": getattr(face, name)
        for module, face in facades().items()
        for name in dir(face)
        if name[:1] != "_"
    }
    builtins = guards.fresh_namespace()["__builtins__"]
    assert isinstance(builtins, dict)
    plain = {name: value for name, value in builtins.items() if name[:1] != "_"}
    return found | plain | {f"sample {name}": value for name, value in walk.samples().items()}


def run(lines: str) -> dict[str, object]:
    """Run the body of an extractor behind the language wall, in this process."""
    body = "\n".join(f"    {line}" for line in lines.splitlines())
    loaded = cell.load_extractor(f"{HEAD}{IMPORTS}def extract(image, mask):\n{body}\n")
    return loaded.measure(ImageAndMask(np.zeros((8, 9, 3), np.uint8), np.ones((8, 9), np.bool_)))


@cache
def report(speed: str) -> dict[str, list[str]]:
    command = [sys.executable, "-P", walk.__file__, speed]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=True)
    return json.loads(done.stdout)


def test_no_attribute_of_anything_handed_out_leads_on() -> None:
    assert [one for where, value in everything().items() for one in walk.leaks(value, where)] == []


def test_no_class_answers_to_a_name_that_is_not_listed_for_classes() -> None:
    classes = [value for value in everything().values() if isinstance(value, type)]
    answers = {
        (kind, name)
        for kind in classes
        if type(kind) is not kinds.OwnType
        for name, _ in walk.attributes(kind)
    }
    wanted = {(kind, name) for kind, face in kinds.FACES.items() for name in dir(face) if name[:1] != "_"}
    assert answers == wanted
    assert len(classes) > 60


@pytest.mark.parametrize("module", walk.MODULES)
def test_no_call_of_a_listed_function_leads_on(module: str) -> None:
    assert report("quick")[module] == []


@pytest.mark.slow
@pytest.mark.parametrize("module", walk.MODULES)
def test_no_call_with_any_two_basic_values_leads_on(module: str) -> None:
    assert report("whole")[module] == []


@pytest.mark.parametrize(
    "value", [np.ndarray, type, Counter, json, Counter.copy, np.ndarray.real, (n for n in ()).gi_frame, len]
)
def test_the_walk_sees_what_it_is_for(value: object) -> None:
    hidden = {"a": [value]}
    assert len(list(walk.leaks(hidden, "x"))) == (0 if value is len else 1)  # len is handed out on purpose


def test_the_token_of_arrays_holds_no_array_type() -> None:
    assert isinstance(np.zeros(2), ArrayToken)
    assert not [name for name in dir(ArrayToken) if getattr(ArrayToken, name) is np.ndarray]


@pytest.mark.parametrize("kind", ["np.ndarray", "float", "np.float64", "Counter", "OrderedDict", "list[int]"])
def test_compiled_code_reads_no_method_of_a_class(kind: str) -> None:
    names = sorted(policy.METHODS - policy.FACADE_MEMBERS)
    reads = ", ".join(f"'{name}': lambda: x.{name}" for name in names)
    lines = (
        "    try:\n        reads[name]()\n        got.append(name)\n    except AttributeError:\n        pass"
    )
    assert run(f"x = {kind}\nreads = {{{reads}}}\ngot = []\nfor name in reads:\n{lines}\nreturn got") == []


@pytest.mark.parametrize(
    "line",
    [
        "return [Counter][0].copy(int)",
        "return (lambda x: x)(np.ndarray).real",
        "return list(map(lambda c: c.copy, [Counter]))",
        "return max([np.ndarray], key=lambda x: 1).real",
        "return getattr(np.ndarray, 'real')",
        "return [x.real for x in (np.ndarray,)]",
        "return (y := np.ndarray).real",
        "return (deque if mask.any() else list).copy(3)",
        "return Counter().fromkeys('ab')",
        "return {}.fromkeys.copy",
        "return np.mean.copy",
        "return (int | None).copy",
        "return str.lower(3)",
        "return str.lower(str)",
        "return dict.copy({})",
    ],
)
def test_no_way_round_to_a_class(line: str) -> None:
    with pytest.raises((AttributeError, TypeError)):
        run(line)


def test_the_few_names_of_classes_work() -> None:
    lines = "return dict.fromkeys('ab', 1), list(map(str.lower, ['A', 'b'])), isinstance('a', str), str(1.5)"
    assert run(lines) == ({"a": 1, "b": 1}, ["a", "b"], True, "1.5")


@pytest.mark.parametrize(
    "expression",
    [
        "str(f)",
        "repr([f])",
        "f'{f}'",
        "f'{f!r:.60}'",
        "f'{[f]}'",
        "f'{f!a}'",
        "'%s' % f",
        "'%r' % (f,)",
        "'%(a)s' % {'a': f}",
        "''.join(map(str, [f, image.any, (n for n in [])]))",
        "str(np.random.default_rng(0))",
        "caught(lambda: [].index(f)).args[0]",
        "str(caught(lambda: [].index(f)))",
        "caught(lambda: np.dtype(f)).args[0]",
        "caught(lambda: {}.pop(f)).args[0]",
        "str(A())",
        "f'{A()}'",
        "str(np.array([f]).astype('U90')[0])",
        "written(np.array(['a' * 90]))[0]",
    ],
)
def test_no_text_holds_an_address(expression: str) -> None:
    lines = (
        "def f(x):\n    return x\nclass A:\n    pass\n"
        "def caught(call):\n    try:\n        call()\n    except Exception as e:\n        return e\n"
        f"def written(a):\n    a[0] = f\n    return a\nreturn {expression}"
    )
    try:
        found = run(lines)
    except TypeError:
        return  # refused, which is as good
    assert isinstance(found, str)
    assert not ADDRESS.search(found)


@given(st.one_of(st.integers(), st.floats(), st.booleans(), st.text(), st.lists(st.floats()), st.none()))
def test_text_of_plain_values_is_what_python_says(value: object) -> None:
    namespace = guards.fresh_namespace()["__builtins__"]
    assert isinstance(namespace, dict)
    assert namespace["str"](value) == (value if isinstance(value, str) else str(value))
    assert namespace["repr"](value) == repr(value)

"""Throw random programs at the sandbox: `python -m benchmarks.fuzz_sandbox --programs 10000 --seed 1`.

A third are drawn from a grammar that mixes ordinary code with forbidden names, a third read attributes of
classes, call their methods with a foreign self, or count, a third are mutations of the attack corpora. Wrong
would be: the sandbox breaks, a call runs past its limit, anything of the host is reached (a file, a
connection, a signal, the canary's text), a class answers (the program then returns 4711), or the same image
gives two values.
"""

import argparse
import builtins
import collections
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "escapes"))
import cv2  # noqa: E402
import harness  # noqa: E402
import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from scafe.knowledge.contract.errors import SandboxError  # noqa: E402
from scafe.sandbox.language import policy  # noqa: E402
from scafe.sandbox.language.members import MEMBERS, members_of  # noqa: E402
from scafe.sandbox.pool.pool import Limits, Pool  # noqa: E402

IMAGE_SECONDS = 0.5
SLACK_SECONDS = 1.0
DANGEROUS = (
    "__class__ __globals__ __dict__ __subclasses__ __builtins__ __import__ gi_frame f_back base data ctypes "
    "load save fromfile tofile open system modules os sys format mro obj dump eval exec setattr flags"
).split()
DANGER = 0.02
"""Share of forbidden names; a program has some twenty places, so about half pass the review."""
NAMES = ["image", "mask", "x", "y", "f", "A", "_h"]
HEAD = """import numpy as np
import cv2
from scipy import ndimage as ndi
def f(x, y=1):
    return x
class A:
    def __init__(self, x=0):
        self.x = x
_h = [1, 2]
"""


CLASS_HEAD = HEAD + "from collections import Counter, OrderedDict, defaultdict, deque\n"
COUNT_HEAD = CLASS_HEAD + "def f(x=[]):\n    return x\ng = iter(range(9))\n"
CLASSES = (
    "np.ndarray np.float64 np.dtype np.uint8 Counter OrderedDict defaultdict deque int float str list "
    "dict tuple set ValueError np.linalg.LinAlgError cv2.error np.errstate np.finfo object range zip map"
).split()
WAYS = (
    "KIND",
    "[KIND][0]",
    "(lambda c: c)(KIND)",
    "{1: KIND}[1]",
    "(c := KIND)",
    "next(iter([KIND]))",
    "KIND[int]",
)
COUNTS = 0.1
"""Share of them that count instead."""
ANSWERED = 4711.0
LISTED = {("dict", "fromkeys")} | {("str", name) for name in policy.CLASS_ATTRIBUTES["str"].split()}


def _real(kind: str) -> object:
    found: object = {"np": np, "cv2": cv2}.get(kind.partition(".")[0])
    if found is None:
        return getattr(collections, kind, None) or getattr(builtins, kind)
    for part in kind.split(".")[1:]:
        found = getattr(found, part)
    return found


class Grammar:
    """Random extractors; most are nonsense, some run."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.methods = sorted(policy.METHODS)
        self.of_class = {kind: set(dir(_real(kind))) for kind in CLASSES}
        """What plain Python would answer to; other names are refused for no reason of interest."""
        self.builtins = [name for name in policy.BUILTINS if name not in ("getattr", "hasattr")]
        modules = {"np": "numpy", "cv2": "cv2", "ndi": "scipy.ndimage"}
        self.members = {alias: members_of(module) for alias, module in modules.items()}

    def attribute(self) -> str:
        """Draw an attribute, now and then a forbidden one."""
        return self.rng.choice(DANGEROUS if self.rng.random() < DANGER else self.methods)

    def program(self) -> str:
        """Draw a whole extractor."""
        body = "\n".join(self.statement(1, 3) for _ in range(self.rng.randint(1, 5)))
        prologue = "".join(self.prologue() for _ in range(self.rng.randint(0, 2)))
        value = self.expression(2)
        start = f"{HEAD}{prologue}def extract(image, mask):\n    x, y = image, mask\n"
        return f'{start}{body}\n    return {{"a": float({value})}}\n'

    def prologue(self) -> str:
        """Draw something that stands before extract()."""
        kind = self.rng.randrange(4)
        value = self.expression(1)
        if kind == 0:
            return f"def f(image, mask=1, x=1, y=2):\n{self.statement(1, 2)}\n    return {value}\n"
        if kind == 1:
            return f"class A:\n    def __init__(self, image, mask=1, x=2):\n        self.x = {value}\n"
        if kind == 2:
            return "X = [f(1), A(2), _h]\n"
        module = self.rng.choice(sorted(MEMBERS))
        return f"from {module} import {self.rng.choice(members_of(module))}\n"

    def class_program(self) -> str:
        """Draw an extractor that reads of a class, calls its methods on something else, or counts."""
        rng = self.rng
        kind = rng.choice(CLASSES)
        name = rng.choice([name for name in self.methods if name in self.of_class[kind]] or self.methods)
        way = rng.choice(WAYS).replace("KIND", kind)
        foreign = rng.choice(["image", "int", "A()", "A", "f", "np", "1.5", "'a'", "Counter", "image.dtype"])
        read = rng.choice([f"{way}.{name}", f'getattr({way}, "{name}")'])
        call = rng.choice(
            [f"t({foreign})", "t", "t()", f"list(map(t, [{foreign}]))[0]", f"t({foreign}).{name}"]
        )
        body = f"    t = {read}\n    t = {call}\n"
        if rng.random() < COUNTS:
            body = "    _h.append(1)\n    f().append(2)\n"
            body += f"    t = {rng.choice(['len(_h)', 'len(f())', 'len(f()) + next(g)'])}\n"
            return f'{COUNT_HEAD}def extract(image, mask):\n{body}    return {{"a": float(t)}}\n'
        return f'{CLASS_HEAD}def extract(image, mask):\n{body}    return {{"a": 4711.0}}\n'

    def statement(self, depth: int, budget: int) -> str:
        """Draw a statement; `budget` bounds what is nested in it."""
        pad, rng = "    " * depth, self.rng
        if budget == 0:
            return f"{pad}x = {self.expression(1)}"
        inner = self.statement(depth + 1, budget - 1)
        forms = (
            f"{pad}x = {self.expression(3)}",
            f"{pad}x = y = {self.expression(2)}",
            f"{pad}x[{self.expression(1)}] = {self.expression(1)}",
            f"{pad}A().x = {self.expression(1)}",
            f"{pad}for x in {self.expression(2)}:\n{inner}",
            f"{pad}while {self.expression(1)}:\n{inner}\n{pad}    break",
            f"{pad}try:\n{inner}\n{pad}except Exception as e:\n{pad}    x = e.args",
            f"{pad}with np.errstate(all='ignore') as y:\n{inner}",
            f"{pad}if {self.expression(2)}:\n{inner}",
            f"{pad}def g(x):\n{inner}\n{pad}    return x",
            f"{pad}del x",
        )
        return rng.choice(forms)

    def expression(self, depth: int) -> str:
        """Draw an expression of a given depth."""
        rng = self.rng
        if depth == 0:
            return rng.choice([*NAMES, "1", "0.5", "-3", "'a'", "[]", "{}", "None", "10**6", "(1, 2)"])
        one, two = self.expression(depth - 1), self.expression(depth - 1)
        alias = rng.choice(sorted(self.members))
        member = rng.choice(DANGEROUS if rng.random() < DANGER else self.members[alias])
        forms = (
            f"({one} {rng.choice(['+', '-', '*', '/', '//', '%', '**', '@', '&', '<', '=='])} {two})",
            f"{one}.{self.attribute()}",
            f"{one}.{self.attribute()}({two})",
            f"{alias}.{member}({one})",
            f"{alias}.{member}({one}, {two})",
            f"{rng.choice(self.builtins)}({one})",
            f"{one}[{two}]",
            f"[{one} for x in {two}]",
            f"(lambda x: {one})({two})",
            f'f"{{{rng.choice(NAMES)}!r:>{rng.randint(1, 9)}}}"',
            f'getattr({one}, "{self.attribute()}")',
            f"({one} if {two} else image)",
        )
        return rng.choice(forms)


def mutations(rng: random.Random, sources: list[str]) -> Iterator[str]:
    """Corpus entries with lines and words moved, doubled, dropped or swapped between entries."""
    words = [*policy.METHODS, *DANGEROUS, *NAMES]
    words.sort()
    while True:
        lines = rng.choice(sources).splitlines()
        other = rng.choice(sources).splitlines()
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(len(lines))
            kind = rng.randrange(5)
            if kind == 0:
                lines.insert(at, rng.choice(other))
            elif kind == 1:
                lines[at] = rng.choice(lines)
            elif kind == 2 and len(lines) > 2:
                del lines[at]
            else:
                parts = lines[at].split(" ")
                parts[rng.randrange(len(parts))] = rng.choice(words)
                lines[at] = " ".join(parts)
        yield "\n".join(lines) + "\n"


def programs(seed: int, count: int) -> Iterator[tuple[str, str]]:
    """Grammar, classes and mutations in turn; the same seed gives the same programs."""
    rng = random.Random(seed)
    corpora = [ROOT / "tests" / "escapes" / name for name in ("corpus.jsonl", "more.jsonl")]
    sources = [json.loads(line)["code"] for corpus in corpora for line in corpus.read_text().splitlines()]
    mutated, grammar = mutations(rng, sources), Grammar(rng)
    for number in range(count):
        if number % 3 == 0:
            yield "grammar", grammar.program()
        elif number % 3 == 1:
            yield "class", grammar.class_program()
        else:
            yield "mutation", next(mutated)


def answered(code: str, rows: NDArray[np.float64]) -> bool:
    """Whether a class gave an attribute that is not listed for it."""
    listed = any(kind in code and f"{name}" in code for kind, name in LISTED)
    return bool((rows == ANSWERED).any()) and not listed


def main() -> None:
    """Run the fuzzer and print what came of it; exit code 1 if anything was wrong."""
    options = argparse.ArgumentParser()
    options.add_argument("--programs", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    canaries = harness.Canaries()
    shown = harness.images(1)
    ends: Counter[str] = Counter()
    wrong: list[str] = []
    slowest, began = 0.0, time.monotonic()
    with Pool(1, Limits(IMAGE_SECONDS, 512)) as pool:
        for number, (kind, code) in enumerate(programs(chosen.seed, chosen.programs)):
            canaries.reset()
            source = harness.with_head(canaries.filled(code))
            start = time.monotonic()
            try:
                found = pool.extract(source, shown * 3 if kind == "class" else shown)
            except SandboxError as error:
                wrong.append(f"{number}: the sandbox broke: {error}")
                pool.__enter__()
                continue
            took = time.monotonic() - start
            slowest = max(slowest, took)
            fault = found.faults[0]
            ends[f"{kind}: {fault.kind if fault else 'ran'}"] += 1
            seen = canaries.evidence(harness.texts_of(found))
            same = bool((found.rows == found.rows[:1]).all()) or any(found.faults)
            seen += [] if same else ["the same image gave two values"]
            seen += ["a class answered"] if kind == "class" and answered(code, found.rows) else []
            wrong += [f"{number}: {one}\n{code}" for one in seen]
            if took > 3.0 + IMAGE_SECONDS + SLACK_SECONDS:  # 3 s: reading the module may take that long
                wrong.append(f"{number}: took {took:.1f} s\n{code}")
            if number % 1000 == 999:
                print(
                    f"{number + 1} programs, {time.monotonic() - began:.0f} s, {len(wrong)} wrong", flush=True
                )
    print(json.dumps({"programs": chosen.programs, "seed": chosen.seed, "ends": dict(sorted(ends.items()))}))
    print(f"slowest call {slowest:.2f} s; wrong: {len(wrong)}")
    print("\n".join(wrong[:20]))
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()

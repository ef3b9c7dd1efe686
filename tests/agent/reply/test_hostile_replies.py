"""A reply may not hold up the host: bounds on size and work, a process of its own, a clock at last."""

import json
import os
import resource
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scafe.agent.brief.contraband import cut_contraband, find_contraband
from scafe.agent.reply import parsing, plans
from scafe.agent.reply.parsing import MOST_PARSED, TOO_MUCH, metered, parse
from scafe.agent.reply.reader import Reader
from scafe.agent.reply.reply import MAX_REPLY, read_reply
from scafe.knowledge.contract.bounds import (
    MOST_BRACKETS,
    MOST_COMPILED,
    MOST_DEPTH,
    MOST_TOKENS,
    parse_bounded,
    unfit,
)
from scafe.knowledge.contract.errors import ContractError, SandboxError
from scafe.knowledge.contract.extractor import parse_extractor
from scafe.knowledge.measures import measure_names, measure_source
from scafe.sandbox.language.review import review

REPLIES = Path(__file__).parent / "replies"
GOOD = (REPLIES / "intended" / "redness.py").read_text()
HEAD = 'CRITERION = "redness"\nFEATURES = {"a": 1}\ndef extract(image, mask):\n'


def fenced(code: str) -> str:
    return f"```python\n{code}\n```\n"


def nested_finally(depth: int) -> str:
    """A function whose compiled size doubles with every level."""
    lines = []
    for level in range(depth):
        pad = " " * level
        lines += [f"{pad} try:", f"{pad}  pass", f"{pad} finally:"]
    return "def extract(image, mask):\n" + "\n".join(lines) + "\n" + " " * (depth + 1) + "pass\n"


SHAPES: dict[str, Callable[[int], str]] = {
    "gap after a fence": lambda n: "```" + " " * n + "`",
    "ticks": lambda n: "`" * n + "x`",
    "gap after a label": lambda n: fenced("python" + " " * n + "x"),
    "gap after a comment sign": lambda n: fenced("x = 1\n#" + " " * n),
    "comments on one line": lambda n: fenced("x = 1\n" + "# code" * (n // 6)),
    "comment signs": lambda n: fenced("x = 1\n" + "#" * n),
    "thoughts": lambda n: "<think></think>" * (n // 15),
    "channels": lambda n: "<|channel|> final " * (n // 18),
    "short lists": lambda n: ("1, " * 63 + "word ") * (n // 200),
    "long words": lambda n: ("a" * 511 + " ") * (n // 512),
    "lines of words": lambda n: ("a" * 70 + "\n") * 7 + "b" * n,
    "file names": lambda n: "a.png " * (n // 6),
    "paths": lambda n: "/home/a " * (n // 8),
    "returns": lambda n: fenced(HEAD + "    return {'b': 1}\n" * (n // 20)),
    "returns on one line": lambda n: fenced(HEAD + "    " + "return a;" * (n // 9)),
    "long names": lambda n: fenced(HEAD.replace('"a"', f'"{"a" * n}"') + f"    return {{'{'b' * n}': 1}}"),
    "prose in code": lambda n: "def a():\n    pass\nthis is prose\n" * (n // 40),
    "braces": lambda n: "{'a': 1}" * (n // 8),
    "json in json": lambda n: '{"a": "def x\\n' + "\\\\" * (n // 2) + '"}',
    "numbers of characters": lambda n: fenced("&lt; &#" + "1" * n + ";"),
    "quotes": lambda n: "'''python\n" + "''' " * (n // 4) + "x",
    "signs": lambda n: fenced("x = " + "-" * n + "1"),
    "attributes": lambda n: fenced("x = a" + ".b" * (n // 2)),
    "sums": lambda n: fenced("x = a" + "+a" * (n // 2)),
    "brackets": lambda n: fenced("x = " + "[" * n),
    "format strings": lambda n: fenced("x = f'" + "{a}" * (n // 3) + "'"),
    "a long number": lambda n: fenced("x = " + "1" * n),
    "constants": lambda n: fenced("".join(f"A{i} = A{i - 1}\n" for i in range(n // 14)) + GOOD),
    "brackets in a head": lambda n: fenced(HEAD.replace("1}", '{"range": "' + "[" * n + '"}}')),
}


def seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


@pytest.mark.parametrize("name", SHAPES)
def test_reading_grows_no_faster_than_the_reply(name: str) -> None:
    def everything(text: str) -> None:
        read_reply(text, "redness")
        plans.read_plan(text, ("redness",))
        find_contraband(text)
        cut_contraband(text)

    half, whole = (SHAPES[name](n) for n in (150_000, 300_000))
    # Twice the time for twice the text; what was quadratic here took four times, and minutes at the end.
    assert seconds(lambda: everything(whole)) < 3.5 * seconds(lambda: everything(half)) + 1.0


@pytest.mark.parametrize("size", [3_000, 12_000, 60_000])
@pytest.mark.parametrize("name", SHAPES)
def test_a_reply_is_read_in_seconds_whatever_its_shape(name: str, size: int) -> None:
    text = SHAPES[name](size)
    assert seconds(lambda: read_reply(text, "redness")) < 5
    assert seconds(lambda: plans.read_plan(text, ("redness", "border"))) < 5


def test_the_hardest_kept_reply_takes_a_tenth_of_what_reading_may(monkeypatch: pytest.MonkeyPatch) -> None:
    meters: list[parsing._Meter] = []

    class Kept(parsing._Meter):
        def __init__(self) -> None:
            super().__init__()
            meters.append(self)

    monkeypatch.setattr(parsing, "_Meter", Kept)
    for path in REPLIES.rglob("*.txt"):
        read_reply(path.read_bytes().decode("utf-8", "replace"), "redness")
    assert 0 < max(one.parsed for one in meters) < MOST_PARSED / 10


def test_work_past_the_meter_is_the_reply_s_fault() -> None:
    text = "{'a': 1}" * 3000  # forty beginnings and forty ends of something that is no plan
    with metered():
        for _ in range(MOST_PARSED // 12_000):
            parse("x = 1\n" * 2000)
        with pytest.raises(parsing.TooMuchError):
            parse("x = 1\n" * 2000)
    assert plans.read_plan(text, ("redness",)).complaint == TOO_MUCH


# --- bounds before Python looks at a text


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("x = 1\n" * 20_000, "characters"),
        ("a;" * (MOST_TOKENS // 2 + 1), "tokens"),
        ("x = " + "[" * (MOST_BRACKETS + 1), "brackets"),
        ("x = " + "f(" * (MOST_BRACKETS + 1), "brackets"),
        ("x = a" + "+a" * (MOST_DEPTH + 1), "nested more than"),
        ("x = a" + ".b" * (MOST_DEPTH + 1), "nested more than"),
        ("x = " + "-" * (MOST_DEPTH + 1) + "1", "nested more than"),
        ("x = " + "not " * (MOST_DEPTH + 1) + "1", "nested more than"),
        (nested_finally(15), "finally"),
    ],
)
def test_what_is_too_much_is_refused_everywhere_in_words(source: str, told: str) -> None:
    with pytest.raises(SyntaxError, match=told):
        parse_bounded(source)
    if source.count("\n") < 120:
        with pytest.raises(ContractError, match=told):
            parse_extractor(source)
    assert review(source).tree is None
    assert review(source).refusals
    found = read_reply(fenced(f"{source}\n\ndef extract(image, mask):\n    return {{}}"), "redness")
    assert found.source is None
    assert found.complaint


def test_the_size_after_compiling_is_counted_before_it() -> None:
    """The code of nested `finally` doubles with each level; the count says so without compiling."""
    sizes = [len(compile(nested_finally(depth), "x", "exec").co_consts[0].co_code) for depth in (4, 6, 8)]
    assert sizes[2] > 3 * sizes[1] > 9 * sizes[0]
    parse_bounded(nested_finally(8))
    with pytest.raises(SyntaxError, match="finally"):
        parse_bounded(nested_finally(15))
    assert MOST_COMPILED < 2**17


@pytest.mark.parametrize("name", measure_names())
def test_every_shipped_measure_is_far_from_the_bounds(name: str) -> None:
    source = measure_source(name)
    assert len(source) < 65_536 / 3
    assert unfit(source) == unfit(source * 2) == ""
    parse_bounded(source)


@pytest.mark.parametrize(
    "source",
    ["# " + "(" * 99, "x = '" + "(" * 99 + "'", 'x = """' + "[\n" * 99 + '"""', "x = '\\'" + "(" * 99 + "'"],
)
def test_brackets_in_texts_and_comments_do_not_count(source: str) -> None:
    assert unfit(source) == ""
    parse_bounded(source)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="()[]{}'\"#\\\n a=", max_size=120))
def test_no_text_makes_the_bounds_raise_anything_else(source: str) -> None:
    assert isinstance(unfit(source), str)


@pytest.mark.parametrize("name", ["lists", "files", "paths", "encoded"])
def test_a_cut_text_holds_nothing_that_may_not_leave(name: str) -> None:
    parts = {
        "lists": ("1, " * 80 + "word ") * 300,
        "files": "a.png b/c.tiff " * 2000,
        "paths": "/home/anna C:\\users " * 1000,
        "encoded": ("QUJD" * 200 + " ") * 40,
    }
    assert find_contraband(cut_contraband(parts[name])) is None
    assert find_contraband(cut_contraband("".join(parts.values()), ("Dept_7/x",)), ("Dept_7/x",)) is None


# --- a process of its own


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    found = Reader()
    yield found
    found.close()


def test_the_process_reads_what_the_reader_reads(reader: Reader) -> None:
    for path in sorted(REPLIES.rglob("*.txt"))[:40]:
        text = path.read_bytes().decode("utf-8", "replace")
        assert reader.reply(text, "redness") == read_reply(text, "redness"), path.name
        assert reader.plan(text, ("redness",)) == plans.read_plan(text, ("redness",))
    plan = "```python\nPLAN = {'redness': ['median a*', 'share of red']}\n```"
    assert reader.plan(plan, ("redness",)).plan == {"redness": ("median a*", "share of red")}


@pytest.mark.parametrize("name", SHAPES)
def test_a_reply_made_to_take_too_much_is_told_in_words_and_the_next_is_read(
    reader: Reader, name: str
) -> None:
    text = SHAPES[name](60_000)
    first = reader.reply(text, "redness")
    assert first == reader.reply(text, "redness")
    assert first.source is None or "constants" in name
    assert first.complaint or first.source
    assert reader.reply(fenced(GOOD), "redness").source == GOOD


def test_an_endless_reply_is_turned_away_by_its_length(reader: Reader) -> None:
    assert "characters" in reader.reply("x" * (MAX_REPLY + 1)).complaint


def test_replies_of_several_threads_do_not_mix(reader: Reader) -> None:
    names = [f"redness_{number}" for number in range(24)]
    texts = [fenced(GOOD.replace('CRITERION = "redness"', f'CRITERION = "{name}"')) for name in names]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(reader.reply, texts, names))
    assert [
        f'CRITERION = "{name}"' in (one.source or "") for one, name in zip(found, names, strict=True)
    ] == [True] * 24


def test_a_process_that_dies_is_started_again(reader: Reader) -> None:
    reader.reply("hello")
    assert reader._process is not None
    reader._process.kill()
    assert reader.reply(fenced(GOOD), "redness").source == GOOD


def test_a_fork_does_not_take_the_process_of_its_parent(reader: Reader) -> None:
    reader.reply("hello")
    pid = os.fork()
    if pid == 0:
        told = reader.reply(fenced(GOOD), "redness").source == GOOD
        reader.close()
        os._exit(0 if told else 1)
    assert os.waitpid(pid, 0)[1] == 0
    assert reader.reply(fenced(GOOD), "redness").source == GOOD


def worker(body: str) -> tuple[str, ...]:
    """A process that says hello and then does something else with the first request."""
    return (
        sys.executable,
        "-c",
        "import sys, os, time\n"
        "out = sys.stdout.buffer\n"
        "out.write((5).to_bytes(8, 'big') + b'ready'); out.flush()\n"
        f"sys.stdin.buffer.read(8)\n{body}\n",
    )


@pytest.mark.parametrize(
    "body",
    [
        "time.sleep(60)",
        "os.abort()",
        "os._exit(3)",
        "out.write((2**40).to_bytes(8, 'big')); out.flush()",
        "out.write((9).to_bytes(8, 'big') + b'half'); out.flush(); time.sleep(60)",
    ],
    ids=["stands still", "crashes", "ends", "claims too much", "stops in the middle"],
)
def test_whatever_brings_the_process_down_is_the_same_complaint(body: str) -> None:
    broken = Reader(deadline_s=1.0, command=worker(body))
    assert broken.reply("```python\nx = 1\n```").complaint == TOO_MUCH
    assert broken.plan("```python\nx = 1\n```", ("redness",)).complaint == TOO_MUCH
    broken.close()


def test_a_process_that_does_not_start_is_the_machine_s_fault() -> None:
    with pytest.raises(SandboxError, match="did not start: no module here"):
        Reader(command=(sys.executable, "-c", "raise SystemExit('no module here')")).reply("x")


def test_the_process_has_no_key_and_little_memory(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCAFE_API_KEY", "sk-test-7f3a9c5e1b2d4f60")
    reader.close()
    reader.reply("hello")
    assert reader._process is not None
    there = Path(f"/proc/{reader._process.pid}")
    assert b"sk-test" not in (there / "environ").read_bytes()
    limits = (there / "limits").read_text()
    address = next(line for line in limits.splitlines() if line.startswith("Max address space"))
    assert int(address.split()[3]) < 1 << 30
    assert resource.getrlimit(resource.RLIMIT_AS)[0] != int(address.split()[3])


def test_the_process_ends_with_its_host() -> None:
    program = (
        "from scafe.agent.reply.reader import reader\n"
        "reader.reply('hello'); print(reader._process.pid, flush=True)\n"
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    import subprocess

    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    pid = int(told.stdout)
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().split()[2]:
            return
        time.sleep(0.1)
    pytest.fail("the process outlived its host")


def test_reading_from_several_threads_needs_no_lock_of_the_caller(reader: Reader) -> None:
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(json.dumps(reader.reply(fenced(GOOD), "redness").steps)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["[]"] * 4

"""A classifier's file from a stranger: what is not our pipeline's numbers is refused unbuilt."""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn.tree import DecisionTreeClassifier

from scafe.evals.data.zipped import read_zip, zip_bytes
from scafe.evals.scoring.cases import Cases
from scafe.evals.scoring.classifier import dump_classifier, fit_at_penalty, load_classifier
from scafe.evals.scoring.score import Task
from scafe.evals.stored.reading import read_apart
from scafe.evals.stored.saved_model import BOUNDS, read_saved
from scafe.knowledge.contract.errors import IntegrityError

Change = Callable[[dict[str, Any], dict[str, bytes]], None]


def cases(n_classes: int = 2, is_ordinal: bool = False) -> Cases:
    rng = np.random.default_rng(0)
    target = np.arange(60) % n_classes
    rows = rng.normal(size=(60, 3)) + target[:, None]
    task = Task(target, tuple(f"p{one:02d}" for one in range(60)), n_classes, is_ordinal)
    return Cases(rows, task, ("mel", "nv", "bcc")[:n_classes])


@pytest.fixture(scope="module")
def saved() -> bytes:
    return dump_classifier(fit_at_penalty(cases(), ("a", "b", "c"), 1.0))


def changed(data: bytes, change: Change) -> bytes:
    files = read_zip(data, "x", BOUNDS)
    schema = json.loads(files.pop("schema.json"))
    change(schema, files)
    return zip_bytes({**files, "schema.json": json.dumps(schema).encode()})


def npy(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def scaler(schema: Any) -> Any:
    return schema["content"]["model"]["content"]["content"]["steps"]["content"][0]["content"][1]["content"][
        "content"
    ]


def model(schema: Any) -> Any:
    return schema["content"]["model"]["content"]["content"]["steps"]["content"][1]["content"][1]["content"][
        "content"
    ]


@pytest.mark.parametrize(("n_classes", "is_ordinal"), [(2, False), (3, False), (3, True)])
def test_what_comes_back_gives_the_same_bits(n_classes: int, is_ordinal: bool) -> None:
    one = cases(n_classes, is_ordinal)
    fitted = fit_at_penalty(one, ("a", "b", "c"), 1.0)
    again = load_classifier(dump_classifier(fitted))
    assert np.array_equal(again.probabilities(one.rows), fitted.probabilities(one.rows))
    assert np.array_equal(again.decision(one.rows), fitted.decision(one.rows))
    assert np.array_equal(again.coefficients, fitted.coefficients)


def _claims_931_gib(schema: Any, files: dict[str, bytes]) -> None:
    claim = b"{'descr': '<f8', 'fortran_order': False, 'shape': (500000000, 250), }"
    text = claim.ljust(117) + b"\n"
    files[scaler(schema)["mean_"]["file"]] = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


def _set(where: Callable[[Any], Any], name: str, array: Any) -> Change:
    def change(schema: Any, files: dict[str, bytes]) -> None:
        files[where(schema)[name]["file"]] = npy(array)

    return change


def _plain(where: Callable[[Any], Any], name: str, text: str) -> Change:
    def change(schema: Any, files: dict[str, bytes]) -> None:
        where(schema)[name]["content"] = text

    return change


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_claims_931_gib, r"claims 1,000,000,000,000 bytes, 0 follow"),
        (_set(scaler, "mean_", np.array([0, np.nan, 0])), r"means.*number"),
        (_set(scaler, "scale_", np.array([1.0, np.inf, 1])), r"scales.*number"),
        (_set(scaler, "scale_", np.array([1.0, 0.0, 1])), r"scales.*greater than 0"),
        (_set(model, "coef_", np.array([[1e12, 0, 0]])), r"weights.*less than"),
        (_set(model, "coef_", np.zeros((1, 4))), "not all of 3 features"),
        (_set(model, "coef_", np.zeros((9, 3))), "not one row of coefficients"),
        (_set(model, "coef_", np.zeros((1, 3, 1))), "not one row of coefficients"),
        (_set(model, "intercept_", np.zeros((), float)), "not a row of numbers"),
        (_set(model, "coef_", np.zeros((1, 3), np.complex128)), "array of <c16"),
        (_set(model, "classes_", np.array(["mel", "scc"])), "order of its models"),
        (_set(lambda schema: schema["content"], "medians", np.zeros(2)), "not all of 3 features"),
        (_plain(scaler, "with_std", "false"), "not by mean and standard deviation"),
        (_plain(lambda schema: schema["content"], "penalty", "NaN"), "NaN is not a number"),
        (_plain(lambda schema: schema["content"], "penalty", "-1"), "penalty.*greater than 0"),
        (lambda schema, _: schema["content"].update(more=schema["content"]["penalty"]), "it holds 'more'"),
        (lambda schema, files: schema["content"].pop("penalty"), "penalty"),
        (lambda schema, files: files.update({"999.npy": npy(np.zeros(1))}), "without a name"),
        (lambda schema, files: files.pop(scaler(schema)["mean_"]["file"]), "without an array"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_our_pipeline_is_refused_with_what_is_wrong(
    saved: bytes, change: Change, told: str
) -> None:
    with pytest.raises(IntegrityError, match=told):
        read_saved(changed(saved, change), "classifier.skops")


def test_a_tree_is_refused_by_its_name_though_skops_trusts_its_type() -> None:
    """Named fault: a tree's nodes are trusted numbers, and a prediction follows them wherever they point."""
    tree = DecisionTreeClassifier(max_depth=1).fit([[0.0], [1.0]], [0, 1])
    with pytest.raises(IntegrityError, match="DecisionTreeClassifier"):
        load_classifier(skops.io.dumps({"classes": ["a", "b"], "columns": ["x"], "model": tree}))


def test_a_schema_nested_without_end_is_one_sentence(saved: bytes) -> None:
    files = read_zip(saved, "x", BOUNDS)
    files["schema.json"] = b"[" * 200_000
    with pytest.raises(IntegrityError, match="nested too deep"):
        read_saved(zip_bytes(files), "classifier.skops")
    deep: Any = {}
    for _ in range(100):
        deep = {"__class__": "dict", "__module__": "builtins", "__loader__": "DictNode", "content": deep}
    files["schema.json"] = json.dumps(deep).encode()
    with pytest.raises(IntegrityError, match="nested deeper"):
        read_saved(zip_bytes(files), "classifier.skops")


def test_bytes_that_are_no_file_of_ours_are_one_sentence(saved: bytes) -> None:
    for data in (b"", b"PK", saved[:100], saved[:-1], b"x" + saved, saved + b"x", bytes(1000)):
        with pytest.raises(IntegrityError, match=r"classifier\.skops"):
            read_saved(data, "classifier.skops")


@pytest.mark.parametrize("seed", range(200))
def test_a_file_with_bytes_changed_is_refused_or_means_what_it_meant(saved: bytes, seed: int) -> None:
    rng = np.random.default_rng(seed)
    data = bytearray(saved)
    for place in rng.integers(0, len(data), int(rng.integers(1, 6))):
        data[place] = rng.integers(0, 256)
    try:
        found = read_saved(bytes(data), "classifier.skops")
    except IntegrityError:
        return
    assert found == read_saved(saved, "classifier.skops")


def test_a_reading_process_that_is_ended_or_says_something_else_is_the_files_fault(saved: bytes) -> None:
    with pytest.raises(IntegrityError, match=r"frozen/classifier\.skops could not be read.*SIGKILL"):
        read_apart(saved, "frozen/classifier.skops", seconds=0.01)
    with pytest.raises(IntegrityError, match="code 0 and no answer"):
        read_apart(saved, "frozen/classifier.skops", module="this")


def test_the_reading_process_can_open_no_file_and_make_no_process() -> None:
    """The wall is closed before the first byte is looked at."""
    program = (
        "from scafe.evals.processes import classifier\n"
        "import os, sys\n"
        "def attack(data):\n"
        "    found = []\n"
        "    for act in (lambda: open('/etc/hostname'), os.fork, lambda: bytearray(2 << 30)):\n"
        "        try: act(); found.append('went through')\n"
        "        except (OSError, MemoryError) as error: found.append(type(error).__name__)\n"
        "    os.write(1, repr(found).encode()); os._exit(0)\n"
        "classifier._told = attack\nclassifier.main()\n"
    )
    told = subprocess.run([sys.executable, "-c", program], input=b"", capture_output=True, check=False)
    assert told.stdout.decode() == "['PermissionError', 'PermissionError', 'MemoryError']", told.stderr


def test_the_file_is_a_zip_that_others_can_read(saved: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(saved)) as archive:
        assert archive.testzip() is None

"""The toolkit is one more facade: its public names and nothing behind them, checked where they are called."""

import inspect
from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from scafe.knowledge import toolkit
from scafe.sandbox.language.facades import facades
from scafe.sandbox.language.members import members_of
from scafe.sandbox.language.review import review
from scafe.sandbox.pool import cell
from scafe.sandbox.pool.extraction import Fault, ImageAndMask
from scafe.sandbox.pool.pool import Pool

ONE = '{"unit": "u", "range": [-1000, 1000], "direction": "either", "meaning": "m"}'
HEAD = f'CRITERION = "c"\nFEATURES = {{"a": {ONE}}}\nimport numpy as np\nimport cv2\nimport toolkit as tk\n'
CALLS = {
    "border_contrast": "(grey, mask)",
    "blobs": "(grey)",
    "components": "(mask)[1]",
    "contour": "(mask)['solidity']",
    "colour_clusters": "(image, mask)['shares']",
    "depth_normalised": "(grey)",
    "despeckled": "(grey)",
    "filled": "(mask)",
    "fourier": "(mask)",
    "glcm": "(grey, mask)['energy']",
    "grown": "(grey, mask, 0.1)",
    "inpainted": "(image, mask)",
    "largest": "(mask)",
    "lbp": "(grey, mask)",
    "local_spread": "(grey)",
    "orientation": "(grey)[1]",
    "otsu": "(grey)",
    "outline": "(mask)",
    "polar_map": "(grey, mask, far=0.9)",
    "radial_profile": "(mask)",
    "ridges": "(grey)",
    "rim": "(mask)",
    "robust": "(grey[mask])['mad']",
    "separation": "(grey, mask, mask)",
    "share": "(mask)",
    "signed_distance": "(mask)",
    "skin_ring": "(mask)",
    "smoothed": "(mask)",
    "snake": "(grey, mask)",
    "symmetry": "(grey, mask)['content']",
}


def source(lines: str) -> str:
    body = "\n".join(f"    {line}" for line in lines.splitlines())
    return f"{HEAD}def extract(image, mask):\n{body}\n"


def scene(seed: int = 1) -> ImageAndMask:
    rows, columns = np.ogrid[:96, :128]
    mask = (rows - 48) ** 2 + (columns - 64) ** 2 < 600
    noise = np.random.default_rng(seed).integers(0, 60, (96, 128, 3), dtype=np.uint8)
    drawn = np.where(mask[:, :, None], 60, 180).astype(np.uint8) + noise
    return ImageAndMask(cv2.GaussianBlur(drawn, (0, 0), 2), mask)


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool() as made:
        yield made


def values(pool: Pool, lines: str, *images: ImageAndMask) -> list[float | Fault]:
    found = pool.extract(source(lines), images or (scene(),), talkative=True)
    return [fault or float(row[0]) for row, fault in zip(found.rows, found.faults, strict=True)]


def test_the_facade_offers_what_the_toolkit_makes_public_and_nothing_else() -> None:
    assert list(members_of("toolkit")) == sorted(toolkit.__all__)
    face = facades()["toolkit"]
    assert [name for name in dir(face) if name[:1] != "_"] == sorted(toolkit.__all__)
    assert all(inspect.isfunction(getattr(face, name)) for name in toolkit.__all__)


@pytest.mark.parametrize("name", toolkit.__all__)
def test_each_primitive_runs_in_a_cell_with_the_value_that_it_has_outside(pool: Pool, name: str) -> None:
    call = f"tk.{name}{CALLS.get(name, '(image)')}"
    one = scene()
    space = {"tk": toolkit, "image": one.image, "mask": one.mask, "grey": toolkit.grey(one.image)}
    expected = float(np.mean(eval(call, space)))
    assert values(pool, f"grey = tk.grey(image)\nreturn {{'a': float(np.mean({call}))}}") == [
        pytest.approx(expected, rel=1e-5, abs=1e-9)
    ]


@pytest.mark.parametrize(
    "line",
    [
        "tk.memo",
        "tk.memo.forget()",
        "tk.arguments",
        "tk.cv2",
        "tk.np",
        "tk.colour.np",
        "tk.cleaning",
        "tk.numbers",
        "tk.__dict__",
        "tk.lab.__wrapped__",
        "tk.lab.__globals__",
        "tk.lab.__closure__",
        "tk.scale.cv2",
        "tk.all",
    ],
)
def test_no_name_behind_it_is_reachable(line: str) -> None:
    assert review(source(f"x = {line}\nreturn {{'a': 0.0}}")).refusals


@pytest.mark.parametrize(
    "line",
    [
        "from toolkit import memo",
        "from toolkit.memo import remembered",
        "import toolkit.colour",
        "from toolkit import *",
        "import scafe.knowledge.toolkit",
        "from scafe.knowledge import toolkit",
        "from toolkit import np",
    ],
)
def test_no_module_behind_it_can_be_imported(line: str) -> None:
    assert review(f"{line}\n{source('return {chr(97): 0.0}')}").refusals


@pytest.mark.parametrize(
    "lines",
    [
        "tk.grey = 3",
        "tk.lab.cached = image",
        "del tk.grey",
        "found = tk.grey(image)\nfound[0] = 1.0",
        "np.add(tk.grey(image), 1.0, out=tk.grey(image))",
        "np.copyto(tk.lab(image), 0.0)",
        "tk.grey(image).sort()",
        "np.put(tk.grey(image), [0], [1.0])",
        "tk.grey(image).fill(0.0)",
        "cv2.flip(tk.grey(image), 0, tk.grey(image))",
        "np.fill_diagonal(tk.grey(image), 1.0)",
        "cv2.circle(tk.lab(image), (3, 3), 2, 1.0)",
        "cv2.rectangle(tk.grey(image), (0, 0), (9, 9), 1.0, -1)",
        "np.putmask(tk.grey(image), mask, 0.0)",
        "np.cumsum(tk.grey(image), axis=0, out=tk.grey(image))",
        "cv2.accumulate(tk.grey(image), tk.grey(image))",
        "tk.lab(image)[mask] = 0",
        "np.random.default_rng(0).shuffle(tk.grey(image))",
    ],
)
def test_what_it_keeps_cannot_be_changed(pool: Pool, lines: str) -> None:
    before = values(pool, "return {'a': float(np.mean(tk.grey(image)))}")
    assert fails(
        pool, f"first = tk.grey(image).sum()\n{lines}\nreturn {{'a': float(tk.grey(image).sum() - first)}}"
    )
    assert values(pool, "return {'a': float(np.mean(tk.grey(image)))}") == before


def fails(pool: Pool, lines: str) -> bool:
    return bool(review(source(lines)).refusals) or isinstance(values(pool, lines)[0], Fault)


@pytest.mark.parametrize(
    "value",
    [
        "[1, 2]",
        "None",
        "'ab'",
        "np.array([object], dtype=object)",
        "np.array(['a'])",
        "np.array([[0j]])",
        "Own()",
        "Own",
        "np.broadcast_to(np.float32(1), (10**5, 10**5))",
        "np.broadcast_to(image[:1, :1], (10**5, 10**5, 3))",
        "np.zeros((0, 3))",
        "np.zeros((4, 4, 9), np.uint8)",
        "float",
        "np.float64",
        "(i for i in [1])",
        "tk.grey",
    ],
)
def test_hostile_arguments_end_in_words(pool: Pool, value: str) -> None:
    own = "class Own:\n    shape = (4, 4)\n    ndim = 2\n    dtype = float\n"
    names = [name for name in toolkit.__all__ if name != "robust" or value != "np.zeros((0, 3))"]
    calls = ", ".join(f"(tk.{name}, {needed(name)})" for name in names)
    lines = (
        f"x = {value}\ncount = 0\nfor call, needed in ({calls}):\n    try:\n        call(*[x] * needed)\n"
        "        count += 1\n    except (TypeError, ValueError):\n        pass\nreturn {'a': float(count)}"
    )
    text = source(lines).replace("def extract", f"{own}\ndef extract")
    found = pool.extract(text, (scene(),), talkative=True)
    assert found.faults == (None,)
    assert found.rows[0, 0] == 0


def needed(name: str) -> int:
    """Count the arguments without a default."""
    parameters = inspect.signature(getattr(toolkit, name)).parameters.values()
    return sum(one.default is one.empty for one in parameters)


def test_the_words_of_a_refusal_name_the_nearest_primitive() -> None:
    (refusal,) = review(source("return {'a': float(tk.contours(mask)['solidity'])}")).refusals
    assert "contour" in str(refusal)


def test_an_answer_is_kept_for_an_image_and_forgotten_with_it() -> None:
    loaded = cell.load_extractor(source("return {'a': float(tk.lab(image) is tk.lab(image))}"))
    sealed = scene().locked()
    assert cell.measure(loaded, sealed) == (1.0,)
    assert cell.memo._Now.memory is None
    failing = cell.load_extractor(source("tk.lab(image)\nreturn {'a': 1 / 0}"))
    assert isinstance(cell.measure(failing, sealed), cell.Failure)
    assert cell.memo._Now.memory is None


def test_images_after_each_other_have_the_values_that_they_have_alone(pool: Pool) -> None:
    lines = "x = tk.grey(image)\nreturn {'a': tk.robust(tk.ridges(x, 0.03))['high'] + tk.glcm(x)['energy']}"
    scenes = [scene(seed) for seed in range(8)]
    together = values(pool, lines, *scenes)
    assert together == [values(pool, lines, one)[0] for one in scenes]
    assert len(set(together)) == 8

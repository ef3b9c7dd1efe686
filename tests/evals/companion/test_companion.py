"""A companion is opened once and tried; what cannot be one is told in a sentence with the way out."""

import json
from pathlib import Path

import numpy as np
import pytest

from scafe.evals.companion.companion import Appearance, kind_of, open_companion, require_same
from scafe.evals.companion.onnx_file import MOST_NUMBERS
from scafe.knowledge.contract.errors import InputError
from scafe.sandbox.pool.pool import ImageAndMask

CONFIG = {
    "name": "mean of channels",
    "licence": "none",
    "source": "these tests",
    "weights": "random",
    "size": 32,
    "mean": [0, 0, 0],
    "std": [255, 255, 255],
}


def write_network(folder: Path, *, gives: str = "pooled", config: dict[str, object] | None = None) -> Path:
    """Write an ONNX file that averages each channel, or gives the whole picture back."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    node, shape = helper.make_node("ReduceMean", ["image"], ["out"], axes=[2, 3], keepdims=0), ["n", 3]
    size: int | str = 32
    if gives == "picture":
        node, shape, size = helper.make_node("Identity", ["image"], ["out"]), ["n", 3, "s", "s"], "s"
    graph = helper.make_graph(
        [node],
        "toy",
        [helper.make_tensor_value_info("image", kind, ["n", 3, size, size])],
        [helper.make_tensor_value_info("out", kind, shape)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    folder.mkdir(parents=True)
    onnx.save(model, str(folder / "toy.onnx"))
    (folder / "config.json").write_text(json.dumps(config or CONFIG))
    return folder / "toy.onnx"


def picture(red: int = 255) -> ImageAndMask:
    image = np.zeros((60, 80, 3), dtype=np.uint8)
    image[20:40, 30:50] = (red, 51, 0)
    mask = np.zeros((60, 80), dtype=bool)
    mask[20:40, 30:50] = True
    return ImageAndMask(image, mask)


def test_colour_and_texture_look_inside_the_mask_or_at_the_whole_image() -> None:
    inside, whole = (open_companion("colour_texture", where) for where in ("mask", "whole"))
    assert inside.rows([picture()]).shape == (1, 33)
    assert inside.rows([picture()])[0, 0] == 255  # mean red
    assert whole.rows([picture()])[0, 0] == pytest.approx(255 * 400 / 4800)
    assert (inside.note.title, whole.note.sha256) == ("colour and texture, inside the mask", "")


def test_a_network_of_any_name_is_opened_by_its_file_and_named_by_its_hash(tmp_path: Path) -> None:
    found = open_companion(f"onnx:{write_network(tmp_path / 'net')}", "whole")
    assert found.rows([picture(), picture(0)]).shape == (2, 3)
    assert (found.note.file, found.note.name) == ("toy.onnx", "mean of channels")
    assert len(found.note.sha256) == len(found.note.config_sha256) == 64
    assert str(tmp_path) not in found.note.model_dump_json()


@pytest.mark.parametrize("spec", ["", "onnx:", "color_texture", "onnx", "file:net.onnx"])
def test_an_unknown_companion_is_refused_with_what_there_is(spec: str) -> None:
    with pytest.raises(InputError, match="colour_texture, or onnx:FILE"):
        kind_of(spec)


@pytest.mark.parametrize("content", [b"", b"not a network", b"\x89PNG\r\n\x1a\n" + bytes(64)])
def test_a_file_that_is_no_onnx_image_model_is_told_in_one_sentence_with_the_way_out(
    content: bytes, tmp_path: Path
) -> None:
    pytest.importorskip("onnxruntime")
    path = tmp_path / "photo.onnx"
    path.write_bytes(content)
    with pytest.raises(InputError) as told:
        open_companion(f"onnx:{path}", "mask")
    assert "photo.onnx is no ONNX image model" in str(told.value)
    assert "--companion colour_texture" in str(told.value)
    assert "\n" not in str(told.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"away\.onnx: there is no such file"):
        open_companion(f"onnx:{tmp_path / 'away.onnx'}", "mask")


def test_a_network_without_a_config_is_refused(tmp_path: Path) -> None:
    path = write_network(tmp_path / "net")
    (tmp_path / "net" / "config.json").unlink()
    with pytest.raises(InputError, match=r"toy\.onnx and no config\.json"):
        open_companion(f"onnx:{path}", "whole")


def test_a_network_that_gives_pictures_back_is_refused(tmp_path: Path) -> None:
    path = write_network(tmp_path / "net", gives="picture", config={**CONFIG, "size": 64})
    with pytest.raises(InputError, match=f"expected 1 to {MOST_NUMBERS}"):
        open_companion(f"onnx:{path}", "whole")


def test_another_file_or_another_config_is_not_the_one_that_was_frozen(tmp_path: Path) -> None:
    first = open_companion(f"onnx:{write_network(tmp_path / 'one')}", "whole")
    other = write_network(tmp_path / "two", config={**CONFIG, "mean": [1, 0, 0]})
    require_same(first.note, open_companion(f"onnx:{tmp_path / 'one' / 'toy.onnx'}", "mask"))
    with pytest.raises(InputError, match=r"companion's config\.json is not the one"):
        require_same(first.note, open_companion(f"onnx:{other}", "whole"))
    with pytest.raises(InputError, match="companion's file is not the one"):
        require_same(first.note, open_companion("colour_texture", "whole"))


def test_every_image_is_looked_at_once() -> None:
    seen: list[int] = []

    class Counted:
        def __getitem__(self, place: int) -> ImageAndMask:
            seen.append(place)
            return picture(red=10 * place)

    appearance = Appearance(open_companion("colour_texture", "mask"))
    first = appearance.rows(Counted(), (7, 8, 9))
    again = appearance.rows(Counted(), (9, 7))
    assert seen == [0, 1, 2]
    assert np.array_equal(again, first[[2, 0]])

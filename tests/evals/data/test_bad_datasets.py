"""A bad dataset is named in one sentence with the place and the way out."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from made_studies import as_bytes, opened, picture, put
from PIL import Image

from scafe.evals.data.manifest import open_dataset
from scafe.knowledge.contract.errors import DatasetError


def row(root: Path, number: int, text: str) -> None:
    lines = (root / "manifest.csv").read_text().splitlines()
    lines[number - 1] = text
    (root / "manifest.csv").write_text("\n".join(lines) + "\n")


def bomb(edge: int = 30_000) -> bytes:
    """Return a PNG of a few bytes that claims edge × edge pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", edge, edge, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 99))
        + chunk(b"IEND", b"")
    )


def animated() -> bytes:
    return as_bytes(picture(1).convert("P"), "GIF", save_all=True, append_images=[picture(2).convert("P")])


def one_bit(size: tuple[int, int]) -> bytes:
    return as_bytes(Image.new("1", size, 1))


BAD: dict[str, tuple[Callable[[Path], None], str]] = {
    "a truncated JPEG": (
        lambda r: put(r, "images/4.png", as_bytes(picture(size=(200, 200)), "JPEG")[:3000]),
        r"row 6 \(images/4\.png\).*cut off.*leave it out",
    ),
    "a text that calls itself PNG": (lambda r: put(r, "images/4.png", b"hello"), r"row 6.*not an image"),
    "an empty file": (lambda r: put(r, "images/4.png", b""), r"row 6.*not an image"),
    "a zip bomb": (lambda r: put(r, "images/4.png", bomb()), r"row 6.*million"),
    "an image too large": (lambda r: put(r, "images/4.png", bomb(7_000)), r"row 6.*7000×7000.*resize"),
    "an image too small": (
        lambda r: put(r, "images/4.png", as_bytes(picture(size=(3, 20)))),
        r"row 6.*at least 8",
    ),
    "an animated GIF": (lambda r: put(r, "images/4.png", animated()), r"row 6.*2 frames.*save the one"),
    "a TIFF of several pages": (
        lambda r: put(
            r, "images/4.png", as_bytes(picture(), "TIFF", save_all=True, append_images=[picture(1)])
        ),
        r"row 6.*2 frames",
    ),
    "floating-point pixels": (
        lambda r: put(r, "images/4.png", as_bytes(Image.fromarray(np.ones((16, 20), np.float32)), "TIFF")),
        r"row 6.*floating-point",
    ),
    "a 1-bit mask of another size": (
        lambda r: put(r, "masks/4.png", one_bit((10, 10))),
        r"row 6.*mask 4\.png.*10×10.*20×16",
    ),
    "a mask that marks nothing": (
        lambda r: put(r, "masks/4.png", as_bytes(Image.new("L", (20, 16)))),
        r"row 6.*marks no pixel",
    ),
    "a mask that is missing on disk": (
        lambda r: (r / "masks/4.png").unlink(),
        r"row 6.*mask 4\.png.*no such file",
    ),
    "a mask that only some have": (
        lambda r: row(r, 6, "images/4.png,a,,p4"),
        r"row 6.*no mask while 11.*or none",
    ),
    "an image that is missing": (
        lambda r: (r / "images/4.png").unlink(),
        r"row 6.*no such file.*leave the row out",
    ),
    "a folder in place of an image": (
        lambda r: ((r / "images/4.png").unlink(), (r / "images/4.png").mkdir()),
        r"row 6.*a folder",
    ),
    "a symlink loop": (
        lambda r: ((r / "images/4.png").unlink(), (r / "images/4.png").symlink_to(r / "images/4.png")),
        r"row 6.*(circle|too many)",
    ),
    "a link that leads nowhere": (
        lambda r: ((r / "images/4.png").unlink(), (r / "images/4.png").symlink_to(r / "gone.png")),
        r"row 6.*no such file",
    ),
    "the same path twice": (
        lambda r: row(r, 6, "images/2.png,a,masks/2.png,p4"),
        r"row 6.*same file as in manifest\.csv, row 4",
    ),
    "the same file by another path": (
        lambda r: row(r, 6, "images/../images/2.png,a,masks/2.png,p4"),
        r"row 6.*same file as",
    ),
    "the same file by a link to it": (
        lambda r: ((r / "images/4.png").unlink(), (r / "images/4.png").symlink_to(r / "images/2.png")),
        r"row 6.*same file as",
    ),
    "the same file through a link to its folder": (
        lambda r: ((r / "others").symlink_to(r / "images"), row(r, 6, "others/2.png,a,masks/2.png,p4")),
        r"row 6.*same file as",
    ),
    "a mask that is the image, through a link to its folder": (
        lambda r: ((r / "others").symlink_to(r / "images"), row(r, 6, "images/4.png,a,others/4.png,p4")),
        r"row 6.*the mask is the image itself",
    ),
    "one patient with two labels": (
        lambda r: row(r, 6, "images/4.png,a,masks/4.png,p3"),
        r"row 6.*patient p3 is 'a' here and 'b' in .*row 5|row 6.*patient p3",
    ),
    "an empty label": (lambda r: row(r, 6, "images/4.png,,masks/4.png,p4"), r"row 6.*'label' is empty"),
    "an empty path": (lambda r: row(r, 6, ",a,masks/4.png,p4"), r"row 6.*'path' is empty"),
    "an empty patient": (lambda r: row(r, 6, "images/4.png,a,masks/4.png,"), r"row 6.*'patient_id' is empty"),
    "a row with a cell too many": (
        lambda r: row(r, 6, "images/4.png,a,masks/4.png,p4,x"),
        r"row 6.*cells while the head has 4",
    ),
    "a row with a cell too few": (
        lambda r: row(r, 6, "images/4.png,a"),
        r"row 6.*cells while the head has 4",
    ),
    "a quote that never ends": (lambda r: row(r, 13, '"images/11.png,b,m,p'), r"row 1[23].*not CSV.*quotes"),
    "no label column": (
        lambda r: put(r, "manifest.csv", b"path,mask\nimages/4.png,masks/4.png\n"),
        r"no column 'label'.*columns are",
    ),
    "semicolons in the head alone": (lambda r: row(r, 1, "path;label;mask"), r"row 2.*check separators"),
    "a column twice": (lambda r: row(r, 1, "path,label,label,patient_id"), r"'label' occurs twice"),
    "only a head": (lambda r: put(r, "manifest.csv", b"path,label\n"), r"no rows below its head"),
    "an empty manifest": (lambda r: put(r, "manifest.csv", b""), r"manifest is empty.*names the columns"),
    "another encoding": (
        lambda r: put(r, "manifest.csv", "path,label\nimages/1.png,nævus\n".encode("latin-1")),
        r"row 2.*not UTF-8",
    ),
    "a class with too few patients": (
        lambda r: [row(r, n, f"images/{n - 2}.png,a,masks/{n - 2}.png,p0") for n in (2, 4, 6)],
        r"class 'a' has 4 patients.*at least 5.*--labels",
    ),
    "a null byte in a path": (
        lambda r: row(r, 6, "images/4\0.png,a,masks/4.png,p4"),
        r"row 6.*cannot (exist|be read)",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_dataset_is_named_in_one_sentence(study: Path, name: str) -> None:
    spoil, message = BAD[name]
    spoil(study)
    with pytest.raises(DatasetError, match=message) as caught:
        opened(study)
    assert "\n" not in str(caught.value)


def test_a_missing_path_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="--data"):
        open_dataset(tmp_path / "nothing")


def test_a_label_that_no_image_has_is_answered_with_those_there_are(study: Path) -> None:
    with pytest.raises(DatasetError, match=r"'c'.*a \(6\), b \(6\).*--labels"):
        open_dataset(study / "manifest.csv", ("a", "c"))
    with pytest.raises(DatasetError, match="at least two different classes"):
        open_dataset(study / "manifest.csv", ("a",))

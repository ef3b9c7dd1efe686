"""What cannot be used is told in one sentence with the way out, exit code 2, and nothing stays behind."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from scafe.agent.cli.main import main
from scafe.agent.terminal.whole_file import whole_file
from scafe.evals.disclosure.bench import Bench
from scafe.evals.disclosure.opening import open_data
from scafe.knowledge.criteria.pack import load_pack

Spoil = Callable[[Path, list[str]], list[str]]
LABELS = ("keloid", "hypertrophic")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Twelve small photographs with masks, six patients to a class, and their manifest."""
    rows = ["path,label,mask,patient_id"]
    random = np.random.default_rng(0)
    for number in range(12):
        name = f"{number:02d}.png"
        cv2.imwrite(str(tmp_path / name), random.integers(0, 255, (48, 48, 3), np.uint8))
        cv2.imwrite(str(tmp_path / f"mask{name}"), np.pad(np.full((24, 24), 255, np.uint8), 12))
        rows.append(f"{name},{LABELS[number % 2]},mask{name},P{number:02d}")
    (tmp_path / "scars.csv").write_text("\n".join(rows) + "\n")
    return tmp_path


def cut_an_image(folder: Path, rows: list[str]) -> list[str]:
    (folder / "03.png").write_bytes((folder / "03.png").read_bytes()[:200])
    return rows


def lose_a_mask(folder: Path, rows: list[str]) -> list[str]:
    (folder / "mask03.png").unlink()
    return rows


def keep_two_patients_of_a_class(folder: Path, rows: list[str]) -> list[str]:
    return [row for row in rows if "hypertrophic" not in row or row[:2] in ("01", "03")]


def lose_the_label(folder: Path, rows: list[str]) -> list[str]:
    return [row.replace("label", "lab") for row in rows]


def name_an_image_twice(folder: Path, rows: list[str]) -> list[str]:
    return [*rows, rows[1]]


def give_a_patient_two_labels(folder: Path, rows: list[str]) -> list[str]:
    return [row.replace("P03", "P00") for row in rows]


def name_no_class_of_the_pack(folder: Path, rows: list[str]) -> list[str]:
    return [row.replace("keloid", "keliod") for row in rows]


SPOILT: list[tuple[Spoil, list[str]]] = [
    (cut_an_image, ["03.png", "row"]),
    (lose_a_mask, ["mask03.png", "row"]),
    (keep_two_patients_of_a_class, ["'hypertrophic' has 2 patients", "at least 5"]),
    (lose_the_label, ["scars.csv", "'lab' is not known", "'label'"]),
    (name_an_image_twice, ["00.png"]),
    (give_a_patient_two_labels, ["P00", "one label"]),
    (name_no_class_of_the_pack, ["'keloid'", "--labels"]),
]


def refuse(out: Path, *words: str) -> str:
    """Run a command that must be refused; return its sentence."""
    told = CliRunner().invoke(main, [*words, "--out", str(out / "runs"), "--quiet"])
    assert told.exit_code == 2, told.output
    assert told.stdout == ""
    assert not (out / "runs").exists()
    sentence: str = told.stderr.rstrip("\n")
    assert sentence.startswith("scafe: ")
    assert "\n" not in sentence
    return sentence


class BenchInThisProcess(Bench):
    """Opens the data as the real bench does, but starts no process: that takes seconds a case."""

    def __enter__(self) -> "BenchInThisProcess":
        open_data(self.spec, load_pack(self.spec.pack))
        raise AssertionError("the data was accepted")


def test_the_sentence_comes_through_from_the_process_that_holds_the_images(photos: Path) -> None:
    cut_an_image(photos, [])
    sentence = refuse(photos, "run", "scar.keloid_vs_hypertrophic", "--data", str(photos / "scars.csv"))
    assert "03.png" in sentence


@pytest.mark.parametrize(("spoil", "words"), SPOILT, ids=[spoil.__name__ for spoil, _ in SPOILT])
def test_data_that_cannot_be_used(
    photos: Path, spoil: Spoil, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scafe.agent.loop.run.Bench", BenchInThisProcess)
    manifest = photos / "scars.csv"
    manifest.write_text("\n".join(spoil(photos, manifest.read_text().splitlines())) + "\n")
    sentence = refuse(photos, "run", "scar.keloid_vs_hypertrophic", "--data", str(manifest))
    assert [word for word in words if word not in sentence] == []


def test_data_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scafe.agent.loop.run.Bench", BenchInThisProcess)
    assert "nowhere.csv" in refuse(tmp_path, "run", "scar.vss", "--data", str(tmp_path / "nowhere.csv"))


def test_a_pack_with_a_typo(photos: Path) -> None:
    pack = photos / "mine.yaml"
    text = CliRunner().invoke(main, ["criteria", "show", "scar.vss", "--yaml"]).stdout
    pack.write_text(text.replace("purpose:", "pupose:"))
    sentence = refuse(photos, "run", str(pack), "--data", str(photos / "scars.csv"))
    assert f"{pack}, line " in sentence
    assert "field" in sentence


def test_an_unknown_pack(photos: Path) -> None:
    assert "scar.vss" in refuse(photos, "run", "scar.vs", "--data", str(photos / "scars.csv"))


def test_no_key(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SCAFE_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    words = ["run", "scar.vss", "--data", str(photos / "scars.csv"), "--model", "openai:gpt-5-mini"]
    assert "SCAFE_API_KEY" in refuse(photos, *words)


def test_an_endpoint_that_does_not_answer(photos: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
    words = ["run", "scar.vss", "--data", str(photos / "scars.csv"), "--model", "openai:m", "--base-url", url]
    assert url.removeprefix("http://").removesuffix("/v1") in refuse(photos, *words)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--labels", "keloid"], "at least two"),
        (["--labels", "keloid,keloid"], "at least two"),
        (["--max-calls", "1"], "at least 3"),
        (["--model", "nobody"], "no drafter 'nobody'"),
        (["--model", "openai:"], "after the colon"),
        (["--model", "openai:m", "--base-url", "localhost:80"], "http"),
        (["--cohort", "plain"], "exactly one"),
        (["--seed", "-1"], "--seed"),
    ],
)
def test_options_that_do_not_fit(photos: Path, words: list[str], told: str) -> None:
    assert told in refuse(photos, "run", "scar.vss", "--data", str(photos / "scars.csv"), *words)


def test_a_file_that_could_not_be_written_is_not_left_half(tmp_path: Path) -> None:
    path = tmp_path / "sheet.png"
    path.write_bytes(b"before")

    def write_half() -> None:
        with whole_file(path) as beside:
            beside.write_bytes(b"half")
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        write_half()
    assert [one.name for one in tmp_path.iterdir()] == ["sheet.png"]
    assert path.read_bytes() == b"before"


def test_a_device_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    with whole_file(Path(os.devnull)) as place:
        place.write_bytes(b"gone")
    assert Path(os.devnull).is_char_device()


def on_a_small_disk(folder: Path, kilobytes: int, *words: str) -> subprocess.CompletedProcess[str]:
    mount = f'mount -t tmpfs -o size={kilobytes}k none {folder} && exec "$@"'
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh", sys.executable]
    return subprocess.run(
        [*command, "-m", "scafe.agent.cli.main", *words], capture_output=True, text=True, check=False
    )


def can_mount(folder: Path) -> bool:
    return shutil.which("unshare") is not None and on_a_small_disk(folder, 64, "--version").returncode == 0


def test_a_full_disk(tmp_path: Path) -> None:
    if not can_mount(tmp_path):
        pytest.skip("this host lets nobody mount a small disk of their own")
    target = tmp_path / "sheet.png"
    told = on_a_small_disk(tmp_path, 64, "phantoms", "show", "scar", "--dial", "height", "--out", str(target))
    assert (told.returncode, told.stdout) == (2, "")
    assert "scafe: " in told.stderr
    assert "o space left" in told.stderr or "disk is full" in told.stderr


def test_a_run_on_a_full_disk(tmp_path: Path) -> None:
    if not can_mount(tmp_path):
        pytest.skip("this host lets nobody mount a small disk of their own")
    told = on_a_small_disk(
        tmp_path, 16, "run", "scar.vss", "--cohort", "plain", "--out", str(tmp_path / "runs")
    )
    assert (told.returncode, told.stdout) == (2, "")
    assert "disk is full" in told.stderr


@pytest.mark.parametrize("words", [["--data", "FOLDER"], ["--cohort", "plain", "--cache", "FOLDER"]])
def test_a_path_that_is_not_utf8_is_one_sentence_before_anything_is_written(
    words: list[str], tmp_path: Path
) -> None:
    folder = os.fsdecode(os.fsencode(tmp_path) + b"/M\xfcller")
    Path(folder).mkdir()
    sentence = refuse(tmp_path, "run", "scar.vss", *(folder if one == "FOLDER" else one for one in words))
    assert "M\\xfcller holds bytes that are not UTF-8" in sentence


def test_a_file_name_that_is_not_utf8_goes_through_a_run(photos: Path, tmp_path: Path) -> None:
    """A run ended in UnicodeEncodeError where the check was content."""
    rng = np.random.default_rng(0)
    root = tmp_path / "folders"
    for label, level in (("keloid", 90), ("hypertrophic", 140)):
        (root / label).mkdir(parents=True)
        for n in range(6):
            picture = np.clip(rng.normal(level, 20, (48, 56, 3)), 0, 255).astype(np.uint8)
            cv2.imwrite(str(root / label / f"{n}.png"), picture)
    os.rename(root / "keloid" / "0.png", os.fsencode(root / "keloid") + b"/M\xfcller.png")
    words = ["run", "scar.keloid_vs_hypertrophic", "--data", str(root), "--approve", "auto", "--dry-run"]
    told = CliRunner().invoke(main, [*words, "--out", str(tmp_path / "runs")])
    assert told.exit_code == 0, told.output
    assert "keloid" in told.stdout

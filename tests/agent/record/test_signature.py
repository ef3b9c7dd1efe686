"""Signatures over a run's seal: who vouches for it, and what a changed byte does."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from viewer_stand_ins import REFERENCE

from scafe.agent.cli.main import main
from scafe.agent.record.signature import check_signature, sign_run
from scafe.knowledge.contract.errors import InputError, IntegrityError

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.skipif(
    shutil.which("ssh-keygen") is None, reason="no ssh-keygen: signatures were not tested"
)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    shutil.copytree(REFERENCE / "builtin", tmp_path / "run")
    return tmp_path / "run"


def key_of(folder: Path, who: str) -> Path:
    """Make a key and list its owner among the signers."""
    key = folder / f"key-{who}"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    with (folder / "signers").open("a") as file:
        file.write(f'{who}@clinic.example namespaces="scafe-run" {Path(f"{key}.pub").read_text()}')
    return key


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return key_of(tmp_path, "a.reader")


def verify(run: Path, signers: Path) -> tuple[int, str]:
    told = CliRunner().invoke(main, ["runs", "verify", str(run), "--signers", str(signers)])
    return told.exit_code, told.output


def by_script(run: Path, signers: Path) -> int:
    script = ["bash", str(ROOT / "docs" / "verify.sh"), str(run), str(signers)]
    return subprocess.run(script, capture_output=True, check=False).returncode


def test_a_signed_run_says_who_signed_it(run: Path, key: Path) -> None:
    told = CliRunner().invoke(main, ["runs", "sign", str(run), "--key", str(key)])
    assert told.exit_code == 0, told.output
    code, words = verify(run, key.with_name("signers"))
    assert code == 0, words
    assert "signed by a.reader@clinic.example" in words
    assert by_script(run, key.with_name("signers")) == 0


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


CHANGES: dict[str, Callable[[Path], None]] = {
    "events.jsonl": lambda run: flip(run / "events.jsonl"),
    "report.html": lambda run: flip(run / "report.html"),
    "frozen/manifest.json": lambda run: flip(run / "frozen" / "manifest.json"),
    "pack.yaml": lambda run: flip(run / "pack.yaml"),
    "SEAL.json": lambda run: flip(run / "SEAL.json"),
    "SEAL.json.sig": lambda run: flip(run / "SEAL.json.sig"),
    "SHA256SUMS": lambda run: flip(run / "SHA256SUMS"),
    "more.txt": lambda run: (run / "more.txt").write_text("added"),  # type: ignore[dict-item]
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_byte_anywhere_in_a_signed_run_is_named(run: Path, key: Path, name: str) -> None:
    sign_run(run, key)
    CHANGES[name](run)
    code, words = verify(run, key.with_name("signers"))
    assert code == 4
    assert name in words
    assert by_script(run, key.with_name("signers")) == 4


def test_a_seal_written_anew_after_a_change_has_no_signature(run: Path, key: Path) -> None:
    from scafe.agent.record.seal import seal_run

    sign_run(run, key)
    (run / "report.md").write_text("another")
    seal_run(run)
    code, words = verify(run, key.with_name("signers"))
    assert code == 4
    assert "no signature of a.reader@clinic.example" in words


def test_a_signature_of_somebody_who_is_not_listed_is_not_good(run: Path, key: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    sign_run(run, key_of(tmp_path / "other", "stranger"))
    assert "nobody whom" in check_signature(run, key.with_name("signers")).fault


def test_an_unsigned_run_is_not_taken_for_a_signed_one(run: Path, key: Path) -> None:
    code, words = verify(run, key.with_name("signers"))
    assert code == 4
    assert "not signed" in words
    assert by_script(run, key.with_name("signers")) == 4


def test_a_changed_or_unfinished_run_is_not_signed(run: Path, key: Path) -> None:
    flip(run / "report.md")
    with pytest.raises(IntegrityError, match=r"report\.md was changed"):
        sign_run(run, key)
    for name in ("SEAL.json", "SHA256SUMS"):
        (run / name).unlink()
    with pytest.raises((InputError, IntegrityError), match="seal"):
        sign_run(run, key)
    assert not (run / "SEAL.json.sig").exists()


def test_a_signature_is_not_overwritten_and_a_missing_key_is_said(run: Path, key: Path) -> None:
    with pytest.raises(InputError, match="no such key"):
        sign_run(run, key.with_name("none"))
    sign_run(run, key)
    before = (run / "SEAL.json.sig").read_bytes()
    with pytest.raises(InputError, match="there already"):
        sign_run(run, key)
    assert (run / "SEAL.json.sig").read_bytes() == before


def test_without_ssh_keygen_the_way_out_is_said(
    run: Path, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match="ssh-keygen is not installed"):
        sign_run(run, key)

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scafe.agent.record.events import CapReached
from scafe.agent.record.revisions import (
    Revision,
    diff_revisions,
    list_revisions,
    read_revision,
    read_source,
    write_revision,
)
from scafe.agent.record.run_folder import (
    RunFolder,
    create_run,
    find_run,
    list_runs,
    load_run,
    write_atomically,
)
from scafe.agent.record.seal import SEAL, SUMS, seal_run, verify_run
from scafe.agent.record.trace import EVENTS, Trace
from scafe.evals.disclosure.score_card import DisclosedFeature, ScoreCard
from scafe.knowledge.contract.errors import InputError, IntegrityError
from scafe.sandbox.probes.verdict import Finding, Verdict


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return create_run(tmp_path, "scar.vss", 7, {"pack": "scar.vss"}, "id: scar.vss\n")


def revision(number: int, source: str, criterion: str = "border", **more: object) -> Revision:
    import hashlib

    sha256 = hashlib.sha256(source.encode()).hexdigest()
    return Revision.model_validate(
        {"criterion": criterion, "number": number, "sha256": sha256, "operator": "draft", "round": 0} | more
    )


def test_a_new_run_has_a_readable_name_and_its_pack(run: RunFolder) -> None:
    assert "-scar-vss-" in run.path.name
    assert (run.path / "pack.yaml").read_text() == "id: scar.vss\n"
    assert run.info().status == "running"
    assert run.info().versions.keys() >= {"python", "scafe", "langgraph"}


def test_runs_are_listed_and_found_by_a_part_of_their_name(run: RunFolder) -> None:
    root = run.path.parent
    (root / "notes").mkdir()
    assert [info.id for info in list_runs(root)] == [run.path.name]
    assert find_run(root, run.path.name[-4:]).path == run.path
    with pytest.raises(InputError, match="scafe runs list"):
        find_run(root, "zzzz")


def test_an_older_run_under_another_name_is_found_by_that_and_is_not_the_last(
    run: RunFolder,
) -> None:
    """Named fault: `last` took a copied run for the newest, and looked for it under its old name."""
    copy = run.path.with_name("reference")
    shutil.copytree(run.path, copy)
    head = json.loads((copy / "run.json").read_text()) | {"started": "2020-01-01T00:00:00+00:00"}
    (copy / "run.json").write_text(json.dumps(head))
    assert [info.id for info in list_runs(copy.parent)] == ["reference", run.path.name]
    assert find_run(copy.parent, "refer").path == copy


def test_a_part_that_fits_two_runs_is_refused_with_their_names(run: RunFolder) -> None:
    other = create_run(run.path.parent, "scar.vss", 7, {}, "")
    with pytest.raises(InputError, match=other.path.name):
        find_run(run.path.parent, "scar-vss")


def test_a_run_of_a_newer_version_is_refused_with_the_way_out(run: RunFolder) -> None:
    head = json.loads((run.path / "run.json").read_text()) | {"format": 2, "new_field": 1}
    (run.path / "run.json").write_text(json.dumps(head))
    with pytest.raises(InputError, match="upgrade ScaFE") as caught:
        load_run(run.path)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("text", ["[]", "{", '{"format": 1}', '{"format": "x"}'])
def test_an_edited_head_is_an_integrity_fault(run: RunFolder, text: str) -> None:
    (run.path / "run.json").write_text(text)
    with pytest.raises(IntegrityError):
        load_run(run.path)


def test_a_second_process_on_one_run_is_refused(run: RunFolder) -> None:
    second = (
        "import sys; from pathlib import Path; from scafe.agent.record.run_folder import load_run\n"
        "with load_run(Path(sys.argv[1])).locked(): pass\n"
    )
    with run.locked():
        held = subprocess.run(
            [sys.executable, "-c", second, str(run.path)], capture_output=True, text=True, check=False
        )
    free = subprocess.run([sys.executable, "-c", second, str(run.path)], capture_output=True, check=False)
    assert "another process" in held.stderr
    assert (held.returncode, free.returncode) == (1, 0)


def test_a_failed_write_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def no_space(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", no_space)
    with pytest.raises(OSError, match="space"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_reply_is_kept_byte_for_byte_and_an_edit_is_found(run: RunFolder) -> None:
    sha256 = run.keep_reply("Sure!\r\n```python\nx = 1\n```\u2028")
    assert run.reply(sha256) == "Sure!\r\n```python\nx = 1\n```\u2028"
    next((run.path / "replies").iterdir()).write_text("other")
    with pytest.raises(IntegrityError, match="edited"):
        run.reply(sha256)


def test_half_a_surrogate_pair_that_an_older_version_kept_is_read_as_a_replacement(run: RunFolder) -> None:
    sha256 = run.keep_reply("# \ud83d here")
    assert run.reply(sha256) == "# \ufffd here"


def test_a_revision_reads_back_with_its_source(run: RunFolder) -> None:
    write_revision(run, revision(1, "A = 1\n"), "A = 1\n")
    write_revision(run, revision(1, "B = 1\n", criterion="colour"), "B = 1\n")
    assert [one.name for one in list_revisions(run)] == ["border/r001", "colour/r001"]
    assert read_source(run, read_revision(run, "border/r1")) == "A = 1\n"
    with pytest.raises(InputError, match="name the criterion"):
        read_revision(run, "r001")
    with pytest.raises(InputError, match="no revision"):
        read_revision(run, "border/r009")


def test_an_edited_source_is_found(run: RunFolder) -> None:
    write_revision(run, revision(1, "A = 1\n"), "A = 1\n")
    (run.path / "revisions/border/r001.py").write_text("A = 2\n")
    with pytest.raises(IntegrityError, match="edited"):
        read_source(run, read_revision(run, "border/r001"))


def test_a_diff_tells_what_changed_in_source_verdict_and_score(run: RunFolder) -> None:
    finding = Finding(code="unstable", severity="reject", feature="edge", message="smooth first")
    verdict = Verdict(extractor="0" * 64, criterion="border", findings=(finding,))
    feature = DisclosedFeature(
        name="edge",
        status="ok",
        missing="0-5%",
        stability=".5-.75",
        worst_perturbation="blur",
        redundancy="<.7",
        shape="ok",
        evidence="inconclusive",
        pooled=False,
    )
    card = ScoreCard(
        extractor="0" * 64,
        mode="gated",
        gate="rejected",
        features=(feature,),
        queries_left=3,
        label_bits_used=1.0,
    )
    better = card.model_copy(
        update={"gate": "accepted", "features": (feature.model_copy(update={"stability": ">=.9"}),)}
    )
    write_revision(run, revision(1, "A = 1\n", verdict=verdict, card=card), "A = 1\n")
    clean = verdict.model_copy(update={"findings": ()})
    write_revision(run, revision(2, "A = 2\n", verdict=clean, card=better, standing="pooled"), "A = 2\n")
    diff = diff_revisions(run, "border/r001", "border/r002")
    assert "-A = 1" in diff.unified
    assert "+A = 2" in diff.unified
    assert diff.changes == (
        "finding gone: unstable (reject) on edge",
        "edge: stability .5-.75 → >=.9",
        "gate: rejected → accepted",
        "standing: drafted → pooled",
    )


def test_a_feature_that_was_left_out_takes_its_findings_with_it(run: RunFolder) -> None:
    """Named fault: a feature left out, or under another name, read as so many findings gone and new."""
    both, one = {"edge": "up", "width": "up"}, {"edge": "up", "depth": "up"}
    found = [Finding(code=code, severity="warn", feature="width", message="") for code in ("deaf", "lost")]
    kept = Finding(code="unstable", severity="warn", feature="edge", message="")
    verdicts = [
        Verdict(extractor="0" * 64, criterion="border", findings=(*some, kept), features=())
        for some in (found, ())
    ]
    write_revision(run, revision(1, "A = 1\n", verdict=verdicts[0], predicted=both), "A = 1\n")
    write_revision(run, revision(2, "A = 2\n", verdict=verdicts[1], predicted=one), "A = 2\n")
    changes = diff_revisions(run, "border/r001", "border/r002").changes
    assert changes == ("feature left out: width", "feature added: depth")


def test_a_refined_constant_reads_as_the_one_finding_that_it_changed(run: RunFolder) -> None:
    names = {f"part_{number}": "up" for number in range(12)}
    findings = [Finding(code="unspecific", severity="warn", feature=name, message="") for name in names]
    mended = [*findings[:3], *findings[4:]]
    for number, some in enumerate((findings, mended), start=1):
        verdict = Verdict(extractor="0" * 64, criterion="border", findings=tuple(some), features=())
        source = f"BLUR = {number}\n"
        write_revision(run, revision(number, source, verdict=verdict, predicted=names), source)
    changes = diff_revisions(run, "border/r001", "border/r002").changes
    assert changes == ("finding gone: unspecific (warn) on part_3",)


@pytest.fixture
def sealed(run: RunFolder) -> RunFolder:
    trace = Trace(run.path)
    for why in "abc":
        trace.record(CapReached(why=why))
    write_revision(run, revision(1, "A = 1\n"), "A = 1\n")
    (run.path / "bench").mkdir()
    (run.path / "bench/cache").write_text("private")
    seal_run(run.path)
    return run


def test_an_untouched_run_verifies(sealed: RunFolder) -> None:
    check = verify_run(sealed.path)
    assert check.ok
    assert check.sealed
    assert check.events == 3
    sums = subprocess.run(["sha256sum", "-c", "--quiet", SUMS], cwd=sealed.path, check=False)
    assert sums.returncode == 0


def test_the_cache_and_the_bench_may_be_deleted(sealed: RunFolder) -> None:
    (sealed.path / "bench/cache").unlink()
    assert verify_run(sealed.path).ok


def _cut_the_end(folder: Path) -> None:
    lines = (folder / EVENTS).read_bytes().splitlines(keepends=True)
    (folder / EVENTS).write_bytes(b"".join(lines[:-1]))


def _edit_the_last_line(folder: Path) -> None:
    text = (folder / EVENTS).read_text()
    (folder / EVENTS).write_text(text.replace('"why": "c"', '"why": "d"'))


def _edit_a_revision(folder: Path) -> None:
    (folder / "revisions/border/r001.py").write_text("A = 2\n")


def _remove_a_revision(folder: Path) -> None:
    (folder / "revisions/border/r001.py").unlink()


def _add_a_file(folder: Path) -> None:
    (folder / "frozen").mkdir()
    (folder / "frozen/extra.py").write_text("")


def _swap_a_file_for_a_link(folder: Path) -> None:
    path = folder / "revisions/border/r001.py"
    path.rename(folder / "bench/r001.py")
    path.symlink_to(folder / "bench/r001.py")


def _edit_the_seal(folder: Path) -> None:
    (folder / SEAL).write_text("{}")


@pytest.mark.parametrize(
    ("harm", "named"),
    [
        (_cut_the_end, EVENTS),
        (_edit_the_last_line, EVENTS),
        (_edit_a_revision, "r001.py was changed"),
        (_remove_a_revision, "r001.py is missing"),
        (_add_a_file, "extra.py was added"),
        (_swap_a_file_for_a_link, "r001.py is a link"),
        (_edit_the_seal, SEAL),
    ],
)
def test_harm_to_a_sealed_run_is_found_and_named(sealed: RunFolder, harm: object, named: str) -> None:
    assert callable(harm)
    harm(sealed.path)
    check = verify_run(sealed.path)
    assert not check.ok
    assert any(named in fault for fault in check.faults)


def test_an_edit_in_the_middle_is_told_as_the_place_where_the_chain_breaks(sealed: RunFolder) -> None:
    """Named fault: it was told as an end cut off, with the count of sound lines and an empty head."""
    text = (sealed.path / EVENTS).read_text()
    (sealed.path / EVENTS).write_text(text.replace('"why": "a"', '"why": "e"'))
    check = verify_run(sealed.path)
    assert (check.events, check.head) == (1, "")
    assert [fault for fault in check.faults if "line 2" in fault]
    assert [fault for fault in check.faults if "lines and head" in fault] == []
    assert f"{EVENTS} was changed" in check.faults

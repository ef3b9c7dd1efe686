"""Runs from somebody else, damaged or planted: shown as text, and never in the way of another page."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from viewer_stand_ins import Open, loaded, rewrite_events

from scafe.agent.view.marked import marked, plain

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"
UNSEEN = "\u202e\u200b\x1b[2J\x00"
HOSTILE = f"{SCRIPT}\"'{UNSEEN}"
PARTS = ("", "/findings", "/events", "/set", "/egress", "/egress/9", "/approvals", "/integrity")
REVISION = "/run/scar/revision/asymmetry/r001"


def plant(run: Path) -> None:
    """Put hostile text wherever a run holds words of others, and chain the trace again."""
    reply = f"```python\n# {HOSTILE}\n```".encode()
    reply_sha256 = hashlib.sha256(reply).hexdigest()
    (run / "replies" / f"{reply_sha256}.md").write_bytes(reply)

    def change(line: dict[str, Any]) -> dict[str, Any]:
        kind = line["kind"]
        if kind == "run_started":
            line |= {"pack": HOSTILE, "drafter": HOSTILE}
        elif kind == "approval":
            line |= {"name": HOSTILE, "meaning": HOSTILE, "drop": [HOSTILE]}
        elif kind == "replied":
            line |= {"reply": reply_sha256, "complaint": HOSTILE, "steps": [HOSTILE]}
        elif kind == "revised":
            line["predicted"] = {HOSTILE: "up"}
        elif kind == "judged":
            line |= {"findings": [[HOSTILE, "reject", HOSTILE]], "accepted": []}
        elif kind == "pool_pruned":
            line["dropped"] = [[HOSTILE, HOSTILE]]
        return line

    rewrite_events(run, change)
    head = json.loads((run / "run.json").read_text())
    head |= {"why": HOSTILE, "status": "waiting", "versions": {HOSTILE: HOSTILE}}
    head["config"] |= {"pack": HOSTILE, "model": HOSTILE}
    (run / "run.json").write_text(json.dumps(head))
    (run / "revisions" / "asymmetry" / "r001.py").write_text(f"# {HOSTILE}\nx = '{HOSTILE}'\n")
    record = json.loads((run / "revisions" / "asymmetry" / "r001.json").read_text())
    record["verdict"]["findings"][0] |= {"message": HOSTILE, "code": HOSTILE, "feature": HOSTILE, "line": 2}
    record["verdict"]["features"][0]["name"] = HOSTILE
    (run / "revisions" / "asymmetry" / "r001.json").write_text(json.dumps(record))
    for path in (run / "llm").glob("*.request.json"):
        sent = json.loads(path.read_text())
        path.write_text(json.dumps(sent | {"body": HOSTILE, "criterion": HOSTILE, "endpoint": HOSTILE}))
    manifest = json.loads((run / "frozen" / "manifest.json").read_text())
    manifest["features"][0] |= {"meaning": HOSTILE, "criterion": HOSTILE, "auc": HOSTILE}
    manifest["features"][0]["citation"] |= {"text": HOSTILE, "doi": HOSTILE}
    (run / "frozen" / "manifest.json").write_text(json.dumps(manifest))


class TestPlantedMarkup:
    @pytest.mark.parametrize("part", [*PARTS, "/revision/asymmetry/r001"])
    def test_is_shown_as_text_on_every_page_of_a_run(
        self, copied: Path, open_viewer: Open, part: str
    ) -> None:
        plant(copied / "scar")
        text = loaded(open_viewer(copied), f"/run/scar{part}")
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert not set(UNSEEN.replace("[2J", "")) & set(text)
        assert "&lt;script&gt;alert(1)" in text
        assert '<mark class="odd"' in text

    def test_is_shown_as_text_in_the_table_of_runs_and_side_by_side(
        self, copied: Path, open_viewer: Open
    ) -> None:
        plant(copied / "scar")
        (copied / "other").symlink_to(copied / "scar")
        viewer = open_viewer(copied)
        for answer in (viewer.get("/"), viewer.get("/", params={"q": HOSTILE, "pack": HOSTILE})):
            assert answer.status_code == 200
            assert "<script>alert" not in answer.text
            assert "\u202e" not in answer.text

    def test_what_was_typed_into_a_search_comes_back_as_text(self, copied: Path, open_viewer: Open) -> None:
        viewer = open_viewer(copied)
        for address in ("/", "/run/scar/findings", "/run/scar/egress"):
            answer = viewer.get(address, params={"q": f'"><svg onload=alert(1)>{UNSEEN}'})
            assert "<svg onload" not in answer.text
            assert "\u202e" not in answer.text

    def test_text_in_an_attribute_cannot_leave_it(self) -> None:
        assert '"' not in str(plain('" onmouseover="x'))
        assert "<mark" in str(marked("a\u202eb"))


def damage_nothing_but(name: str) -> Any:
    def cut(run: Path) -> None:
        path = run / name
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    return cut


def become_link(name: str) -> Any:
    def link(run: Path) -> None:
        (run / name).unlink()
        (run / name).symlink_to("/etc/passwd")

    return link


def become_pipe(run: Path) -> None:
    (run / "events.jsonl").unlink()
    os.mkfifo(run / "events.jsonl")


def become_newer(run: Path) -> None:
    head = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(head | {"format": 99}))


DAMAGES = {
    **{f"half of {name}": damage_nothing_but(name) for name in ("events.jsonl", "run.json", "SEAL.json")},
    "half of a record": damage_nothing_but("revisions/asymmetry/r001.json"),
    "half of a manifest": damage_nothing_but("frozen/manifest.json"),
    "half of responses": damage_nothing_but("frozen/responses.json"),
    "a link for a trace": become_link("events.jsonl"),
    "a link for a source": become_link("revisions/asymmetry/r001.py"),
    "a link for a head": become_link("run.json"),
    "a link for a report": become_link("report.html"),
    "a pipe for a trace": become_pipe,
    "a newer format": become_newer,
    "no trace": lambda run: (run / "events.jsonl").unlink(),
    "numbers for a head": lambda run: (run / "run.json").write_text("[1, 2]"),
    "a head nested too deep": lambda run: (run / "run.json").write_text("[" * 100_000),
    "bytes for a trace": lambda run: (run / "events.jsonl").write_bytes(bytes(range(256)) * 40),
}


class TestDamagedRun:
    @pytest.mark.parametrize("damage", DAMAGES)
    def test_every_page_answers_and_none_shows_another_file(
        self, copied: Path, open_viewer: Open, damage: str
    ) -> None:
        DAMAGES[damage](copied / "scar")
        viewer = open_viewer(copied)
        addresses = ["/", *(f"/run/scar{part}" for part in (*PARTS, "/report")), REVISION]
        assert {viewer.get(address).status_code for address in addresses} <= {200, 404, 422}
        texts = {address: loaded(viewer, address) for address in addresses}
        assert not [address for address, text in texts.items() if "root:" in text]
        assert any('class="fault"' in text for text in texts.values())

    def test_a_tampered_line_is_named(self, copied: Path, open_viewer: Open) -> None:
        path = copied / "scar" / "events.jsonl"
        lines = path.read_bytes().split(b"\n")
        lines[38] = lines[38].replace(b'"half_turn_loss"', b'"half_turn_gain"', 1)
        path.write_bytes(b"\n".join(lines))
        viewer = open_viewer(copied)
        assert "line 40" in loaded(viewer, "/run/scar/integrity")
        assert "line 40" in viewer.get("/run/scar").text

    def test_a_line_that_is_tampered_with_while_it_is_shown_is_named_too(
        self, copied: Path, open_viewer: Open
    ) -> None:
        viewer = open_viewer(copied)
        assert "Unchanged." in loaded(viewer, "/run/scar/integrity")
        path = copied / "scar" / "events.jsonl"
        path.write_bytes(path.read_bytes().replace(b'"half_turn_loss"', b'"half_turn_gain"', 1))
        assert 'class="fault"' in viewer.get("/run/scar").text
        assert 'class="fault"' in loaded(viewer, "/run/scar/integrity")

    def test_an_edited_source_is_shown_and_said_to_be_edited(self, copied: Path, open_viewer: Open) -> None:
        path = copied / "scar" / "revisions" / "asymmetry" / "r001.py"
        path.write_text(path.read_text() + "# more\n")
        assert "the file was edited" in open_viewer(copied).get(REVISION).text

    def test_a_damaged_run_leaves_the_others_readable(self, copied: Path, open_viewer: Open) -> None:
        bad = copied / "bad"
        bad.mkdir()
        (bad / "run.json").write_text("{")
        text = open_viewer(copied).get("/").text
        assert 'href="/run/scar"' in text
        assert 'class="fault"' in text


def test_two_viewers_on_one_folder_show_the_same(copied: Path, open_viewer: Open) -> None:
    first, second = open_viewer(copied), open_viewer(copied)
    for part in PARTS:
        assert loaded(first, f"/run/scar{part}") == loaded(second, f"/run/scar{part}")

"""A disk that is full in the middle of a run is one sentence with the way out, not a defect."""

import errno
import io
import json

from scafe.evals.processes import bench


class FullDesk(bench.Desk):
    """Its disk is full, or something else is wrong."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def answer(self, method: str, arguments: bench.Answer) -> bench.Answer:
        raise OSError(self.number, "secret/patient-7.json")


def told(number: int, monkeypatch) -> dict[str, str]:
    monkeypatch.setattr(bench, "Desk", lambda: FullDesk(number))
    replies = io.StringIO()
    bench.serve(io.StringIO('{"method": "facts", "arguments": {}}\n'), replies)
    return json.loads(replies.getvalue())["error"]


def test_no_room_says_how_to_go_on_and_names_no_file(monkeypatch) -> None:
    said = told(errno.ENOSPC, monkeypatch)
    assert said["type"] == "InputError"
    assert "no room is left on the disk" in said["message"]
    assert "patient" not in said["message"]


def test_any_other_fault_of_the_disk_stays_a_defect(monkeypatch) -> None:
    assert told(errno.EIO, monkeypatch)["message"] == "the bench failed (OSError)"

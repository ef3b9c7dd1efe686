"""A person answers by files; a replay answers as another run was answered."""

from pathlib import Path

import pytest
from drafting_stand_ins import REPLY, make_brief, open_drafter
from loop_stand_ins import FaultyDrafter, StandInBench

from scafe.agent.brief.prompt import messages
from scafe.agent.drafters.drafter import Drafter, DrafterSettings
from scafe.agent.drafters.loading import load_drafter
from scafe.agent.drafters.mailbox import place_reply, read_text, waiting_requests
from scafe.agent.egress.journal import Journal
from scafe.agent.egress.scripted import ScriptedServer
from scafe.agent.egress.sent import list_sent
from scafe.agent.loop.run import RunConfig, start_run
from scafe.agent.reply.reply import read_reply
from scafe.knowledge.contract.errors import EgressError, InputError, ModelError, SettingsError, WaitingError


def person(run: Path) -> Drafter:
    return load_drafter("manual", DrafterSettings(run=run, person="Dr. A. Example"))


def hand_out(run: Path, *operators: str) -> None:
    for operator in operators:
        with pytest.raises(WaitingError):
            person(run).draft(make_brief(operator))


def test_a_prompt_is_written_once_and_waits_with_its_own_exit_code(tmp_path: Path) -> None:
    with pytest.raises(
        WaitingError, match=r"outbox/001-\w{8}\.prompt\.md.*inbox/001-\w{8}\.reply\.md"
    ) as first:
        person(tmp_path).draft(make_brief())
    assert first.value.exit_code == 3
    (waiting,) = waiting_requests(tmp_path)
    sheet = waiting.prompt.read_bytes()
    hand_out(tmp_path, "draft", "draft")
    assert waiting.prompt.read_bytes() == sheet
    assert len(waiting_requests(tmp_path)) == 1


def test_the_sheet_holds_every_word_of_the_brief_and_so_does_the_journal(tmp_path: Path) -> None:
    hand_out(tmp_path, "draft")
    (waiting,) = waiting_requests(tmp_path)
    sheet = waiting.prompt.read_text()
    for message in messages(make_brief()):
        assert message.content.strip() in sheet
    (sent,) = list_sent(tmp_path)
    assert sent.to == "person"
    assert sheet.endswith(sent.body)


def test_days_later_in_a_new_process_the_answer_is_taken_up_and_kept(tmp_path: Path) -> None:
    hand_out(tmp_path, "draft", "repair")
    first, second = waiting_requests(tmp_path)
    assert (first.number, second.number) == ("001", "002")
    first.reply.write_text(REPLY)
    reply = person(tmp_path).draft(make_brief())
    assert (reply.text, reply.cached, reply.usage) == (REPLY, False, None)
    hand_out(tmp_path, "repair")
    assert [one.number for one in waiting_requests(tmp_path)] == ["002"]
    first.reply.write_text("edited afterwards")
    again = person(tmp_path).draft(make_brief())
    assert (again.text, again.cached) == (REPLY, True)
    assert b"Dr. A. Example" in Journal(tmp_path / "llm").answer(again.request_sha256)  # type: ignore[operator]


@pytest.mark.parametrize(
    "data",
    [
        REPLY.encode(),
        b"\xef\xbb\xbf" + REPLY.encode(),
        REPLY.encode("utf-16"),
        REPLY.replace("module.", "module “now”.").encode("cp1252"),
    ],
)
def test_a_reply_is_read_as_editors_save_it(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "answer.txt").write_bytes(data)
    assert REPLY.split("```")[1] in read_text(tmp_path / "answer.txt")


def test_a_reply_finds_its_request_by_itself_or_by_its_name(tmp_path: Path) -> None:
    run, answers = tmp_path / "run", tmp_path / "answers"
    answers.mkdir()
    hand_out(run, "draft")
    (answers / "x.md").write_text(REPLY)
    assert place_reply(run, answers / "x.md") == run / "inbox" / f"001-{person_short(run)}.reply.md"
    hand_out(run, "repair", "refine")
    with pytest.raises(InputError, match=r"Name the file after one of: 002-\w{8}, 003-\w{8}"):
        place_reply(run, answers / "x.md")
    (answers / "003.md").write_text(REPLY)
    assert place_reply(run, answers / "003.md").name.startswith("003-")
    short = waiting_requests(run)[0].short
    (answers / f"from-{short}.txt").write_text(REPLY)
    assert place_reply(run, answers / f"from-{short}.txt").name == f"002-{short}.reply.md"
    with pytest.raises(InputError, match="no request waits"):
        place_reply(run, answers / "003.md")


def person_short(run: Path) -> str:
    return next(path.name[4:12] for path in (run / "outbox").iterdir() if path.name.startswith("001-"))


@pytest.mark.parametrize(
    ("content", "said"), [(None, "cannot be read"), ("  \n", "empty"), ("x" * 2_000_001, "at most")]
)
def test_a_reply_file_that_cannot_be_used_is_refused(tmp_path: Path, content: str | None, said: str) -> None:
    hand_out(tmp_path, "draft")
    if content is not None:
        (tmp_path / "r.md").write_text(content)
    with pytest.raises(InputError, match=said):
        place_reply(tmp_path, tmp_path / "r.md")
    assert len(waiting_requests(tmp_path)) == 1


def test_what_a_person_is_handed_passes_the_same_checks_as_what_is_sent(tmp_path: Path) -> None:
    pixels = ", ".join("7" for _ in range(100))
    with pytest.raises(EgressError, match="list of 100 numbers"):
        person(tmp_path).draft(make_brief("repair", parents=(f"A = [{pixels}]\n",)))
    assert not list(tmp_path.rglob("*.md"))


def test_without_a_run_folder_there_is_no_outbox() -> None:
    with pytest.raises(SettingsError, match="run folder"):
        load_drafter("manual")


def test_a_replay_answers_as_the_endpoint_did_and_asks_nobody(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    with ScriptedServer([REPLY, {"text": None, "refusal": "no"}]) as server:
        drafter = open_drafter(old, server.url)
        replies = [drafter.draft(make_brief(operator)) for operator in ("draft", "repair")]
    replay = load_drafter(f"replay:{old}", DrafterSettings(run=new, level="none"))
    assert (replay.name, replay.egress_level) == ("replay:old", "none")
    for operator, reply in zip(("draft", "repair"), replies, strict=True):
        again = replay.draft(make_brief(operator))
        assert (again.text, again.usage, again.finish_reason) == (
            reply.text,
            reply.usage,
            reply.finish_reason,
        )
        assert again.cached
    assert list_sent(new) == ()
    second = load_drafter(f"replay:{new}")
    assert second.draft(make_brief()).text == REPLY


def test_a_replay_of_a_person_s_run_answers_as_the_person_did(tmp_path: Path) -> None:
    hand_out(tmp_path, "draft")
    waiting_requests(tmp_path)[0].reply.write_text(REPLY)
    person(tmp_path).draft(make_brief())
    assert load_drafter(f"replay:{tmp_path}").draft(make_brief()).text == REPLY


def test_a_replay_that_was_never_asked_this_says_what_may_differ(tmp_path: Path) -> None:
    (tmp_path / "llm").mkdir()
    with pytest.raises(ModelError, match=r"no reply to this request \(draft, vascularity\).*seed"):
        load_drafter(f"replay:{tmp_path}").draft(make_brief())
    with pytest.raises(InputError, match="no run to replay"):
        load_drafter(f"replay:{tmp_path / 'nowhere'}")


def test_a_whole_run_that_sent_nothing_is_replayed_from_its_trace(tmp_path: Path) -> None:
    def config(model: str, out: str) -> RunConfig:
        path = str(tmp_path / out)
        return RunConfig(pack="scar.vss", model=model, approve="auto", max_calls=9, out=path, egress="none")

    first = start_run(config("builtin", "a"), bench=StandInBench(tmp_path / "x"), drafter=FaultyDrafter())
    again = start_run(config(f"replay:{first.run}", "b"), bench=StandInBench(tmp_path / "y"))
    names = sorted(path.relative_to(first.run) for path in (first.run / "revisions").rglob("*.py"))
    assert names
    for name in names:
        assert (again.run / name).read_bytes() == (first.run / name).read_bytes()
    assert again.status == first.status
    assert not (again.run / "llm").exists() or list_sent(again.run) == ()


def test_a_person_may_answer_that_there_is_no_better_one(tmp_path: Path) -> None:
    hand_out(tmp_path, "refine")
    (waiting,) = waiting_requests(tmp_path)
    assert "NO BETTER" in waiting.prompt.read_text()
    (tmp_path / "answer.md").write_text("NO BETTER: the ring takes the light out\n")
    place_reply(tmp_path, tmp_path / "answer.md")
    told = person(tmp_path).draft(make_brief("refine")).text
    assert read_reply(told, "vascularity", may_decline=True).declined == "the ring takes the light out"

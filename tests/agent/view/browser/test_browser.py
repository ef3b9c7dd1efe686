"""Every page in a real browser: nothing from elsewhere, no barrier, and all of it by keyboard."""

import shutil
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from browser_stand_ins import Site, Tab, new_tab, serving
from click.testing import CliRunner
from loop_stand_ins import StandInBench
from viewer_stand_ins import PAGES, REFERENCE

from scafe.agent.cli.main import main
from scafe.agent.settings.run_config import RunConfig
from scafe.agent.terminal.run_apart import start_apart
from scafe.evals.disclosure.bench import BenchSpec

MORE = (
    "/run/played-scar/phantoms",
    "/run/played-scar/phantoms?extractor=asymmetry/r001&dial=border&k.border=0.5",
    "/run/played-dermoscopy/revision/border/r001",
    "/run/played-scar/findings?q=pigment&severity=reject",
    "/run/played-scar/egress?q=hatch",
    "/run/nothing",
)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def axe() -> str:
    module = pytest.importorskip(
        "axe_playwright_python", reason="no axe-core: pip install 'scafe[test]'; accessibility was not tested"
    )
    return (Path(module.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def settle(tab: Tab) -> None:
    """Wait until the page does not ask for itself again."""
    tab.page.wait_for_function("() => !document.querySelector('[data-reload]')", timeout=120_000)


def barriers(tab: Tab, axe: str) -> list[Any]:
    """Return what axe-core finds on a page, and where."""
    tab.page.evaluate(axe)
    found = tab.page.evaluate("(rules) => axe.run(document, {runOnly: {type: 'tag', values: rules}})", RULES)
    return [(one["id"], [node["html"][:200] for node in one["nodes"]][:3]) for one in found["violations"]]


@pytest.mark.parametrize("address", [page for page in (*PAGES, *MORE) if not page.endswith("/report")])
def test_a_page_has_no_barrier_and_loads_nothing_from_elsewhere(tab: Tab, axe: str, address: str) -> None:
    tab.open(address)
    settle(tab)
    assert barriers(tab, axe) == []
    tab.complaints[:] = [one for one in tab.complaints if "404" not in one or address != "/run/nothing"]


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("run", ["builtin", "played-scar", "played-dermoscopy"])
def test_a_report_has_no_barrier_without_script_or_server(
    chromium: Any, axe: str, tmp_path: Path, run: str, width: int
) -> None:
    asked = []
    context = chromium.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    report = shutil.copy(REFERENCE / run / "report.html", tmp_path)
    page.goto(Path(report).as_uri())
    tab = Tab(page, Site("", tmp_path))
    assert barriers(tab, axe) == []
    if run == "builtin":  # the others keep the page of the version that played them
        assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    assert page.evaluate("() => document.scripts.length") == 0
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    context.close()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("address", ["/", "/run/played-scar", "/run/played-scar/set", "/run/builtin/events"])
def test_a_page_is_no_wider_than_the_window(chromium: Any, site: Site, width: int, address: str) -> None:
    with new_tab(chromium, site, width) as tab:
        tab.open(address)
        assert tab.page.evaluate("document.documentElement.scrollWidth") <= width


def walk_to(tab: Tab, selector: str) -> None:
    """Press Tab until the element has the focus, as a person without a mouse does."""
    wanted = f"() => document.activeElement.matches({selector!r})"
    for _ in range(400):
        if tab.page.evaluate(wanted):
            return
        tab.page.keyboard.press("Tab")
    pytest.fail(f"Tab never comes to {selector}")


def test_the_whole_audit_path_works_by_keyboard_alone(tab: Tab) -> None:
    tab.open("/")
    walk_to(tab, 'a[href="/run/played-dermoscopy"]')
    tab.page.keyboard.press("Enter")
    tab.page.wait_for_url("**/run/played-dermoscopy")
    walk_to(tab, '.cell.rejected a[href$="/border/r001"]')
    tab.page.keyboard.press("Enter")
    tab.page.wait_for_url("**/border/r001")
    walk_to(tab, '.findings a[href="#line-87"]')
    tab.page.keyboard.press("Enter")
    assert tab.page.evaluate("document.querySelector('tr:target').id") == "line-87"
    assert tab.page.is_visible("#line-87 .at")
    walk_to(tab, "#words ~ details summary")
    tab.page.keyboard.press("Enter")
    assert tab.page.evaluate("document.querySelector('#words ~ details').open")
    tab.page.keyboard.press("Shift+Tab")
    tab.page.keyboard.press("Enter")
    tab.page.wait_for_url("**/egress/*")
    assert "Exactly what was sent" in tab.page.inner_text("main")


def test_a_skip_link_comes_first(tab: Tab) -> None:
    tab.open("/run/played-scar")
    tab.page.keyboard.press("Tab")
    assert tab.page.evaluate("document.activeElement.className") == "skip"
    tab.page.keyboard.press("Enter")
    assert tab.page.evaluate("document.activeElement.id") == "main"


def test_turning_a_dial_changes_the_picture_in_place(tab: Tab) -> None:
    tab.open("/run/played-scar/phantoms")
    settle(tab)
    before = tab.page.get_attribute("img.phantom", "src")
    tab.page.click("details summary")
    tab.page.focus("#knob-vascularity")
    tab.page.keyboard.press("End")
    tab.page.wait_for_function(
        "(before) => document.querySelector('img.phantom').getAttribute('src') !== before", arg=before
    )
    assert tab.page.evaluate("document.activeElement.id") == "knob-vascularity"
    assert "k.vascularity=8" in tab.page.get_attribute("img.phantom", "src")


def test_two_runs_are_chosen_and_compared(tab: Tab) -> None:
    tab.open("/")
    tab.page.check('input[value="builtin"]')
    tab.page.check('input[value="played-scar"]')
    tab.page.click("text=Compare the chosen runs")
    assert "Runs side by side" in tab.page.inner_text("h1")


def test_a_page_without_script_says_the_same(chromium: Any, site: Site) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.url)
    page.goto(f"{site.base}/run/played-scar")
    assert "margin_overgrowth/r001" in page.inner_text("main")
    context.close()


def test_another_site_cannot_read_frame_or_post(chromium: Any, site: Site, tmp_path: Path) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(site.url)
    other = context.new_page()
    other.goto("about:blank")
    told = other.evaluate(
        "(url) => fetch(url, {credentials: 'include'}).then((a) => a.text(), () => 'refused')", site.base
    )
    assert told == "refused"
    posted = other.evaluate(
        """(url) => fetch(url, {method: 'POST', mode: 'no-cors', credentials: 'include'})
                 .then((a) => a.type, () => 'refused')""",
        f"{site.base}/run/builtin/resume",
    )
    assert posted in ("opaque", "refused")
    context.close()


def test_a_run_that_grows_is_shown_as_it_grows(chromium: Any, tmp_path: Path) -> None:
    run = tmp_path / "runs" / "scar"
    shutil.copytree(REFERENCE / "played-scar", run)
    whole = (run / "events.jsonl").read_bytes()
    cut = whole.index(b"\n", len(whole) // 2) + 1
    (run / "events.jsonl").write_bytes(whole[:cut])
    head = (run / "run.json").read_text()
    (run / "run.json").write_text(head.replace('"frozen"', '"running"'))
    with serving(run.parent) as site, new_tab(chromium, site) as tab:
        tab.open("/run/scar")
        assert "Under way" in tab.page.inner_text("main")
        assert "selected" not in tab.page.inner_text("table")
        with (run / "events.jsonl").open("ab") as file:
            file.write(whole[cut:])
        (run / "run.json").write_text(head)
        tab.page.wait_for_selector(".cell.selected", timeout=20_000)
        assert "frozen" in tab.page.inner_text(".where")
        assert tab.complaints == []


@pytest.mark.slow
def test_a_real_run_is_followed_to_its_end(chromium: Any, tmp_path: Path, axe: str) -> None:
    cohort = {"n_per_class": 6, "flavour": "plain", "size": 64}
    asked = {"pack": "scar.vss", "cohort": cohort, "max_calls": 3, "approve": "auto", "out": str(tmp_path)}
    work = threading.Thread(
        target=start_apart, args=(RunConfig.model_validate(asked),), kwargs={"say": lambda words: None}
    )
    work.start()
    while not list(tmp_path.glob("*/events.jsonl")):
        time.sleep(0.1)
    with serving(tmp_path) as site, new_tab(chromium, site) as tab:
        tab.page.click("table tbody a")
        tab.page.wait_for_selector(".state.running")
        tab.page.wait_for_selector(".state.frozen", timeout=240_000)
        tab.page.evaluate(axe)
        found = tab.page.evaluate("() => axe.run(document)")
        assert [one["id"] for one in found["violations"]] == []
        assert tab.page.locator(".cell").count() >= 1
        assert (tab.foreign, tab.complaints) == ([], [])
    work.join()


class TestWaiting:
    """Runs that wait for a person, begun over a bench without images."""

    @pytest.fixture
    def begin(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
        def bench(spec: BenchSpec) -> StandInBench:
            return StandInBench(Path(spec.folder))

        def begun(*words: str) -> Path:
            asked = ["run", "scar.vss", "--cohort", "plain", "--max-calls", "9", *words]
            assert CliRunner().invoke(main, asked).exit_code == 3
            return next((tmp_path / "runs").iterdir())

        monkeypatch.setattr("scafe.agent.loop.run.Bench", bench)
        monkeypatch.chdir(tmp_path)
        return begun

    def test_a_gate_has_no_barrier_and_is_passed_on_by_keyboard(
        self, chromium: Any, begin: Any, axe: str
    ) -> None:
        run = begin()
        with serving(run.parent) as site, new_tab(chromium, site) as tab:
            tab.open(f"/run/{run.name}/approvals")
            assert barriers(tab, axe) == []
            walk_to(tab, "input[name=name]")
            tab.page.keyboard.type("A. Reader")
            walk_to(tab, "input[name=meaning]")
            tab.page.keyboard.type("to B. Reader: is this fair?")
            walk_to(tab, "button[value=escalate]")
            tab.page.keyboard.press("Enter")
            tab.page.wait_for_selector("text=passed plan on")
            assert (tab.foreign, tab.complaints) == ([], [])

    def test_a_prompt_is_copied_and_its_reply_pasted(self, chromium: Any, begin: Any, axe: str) -> None:
        run = begin("--approve", "auto", "--model", "manual")
        with serving(run.parent) as site, new_tab(chromium, site, 390) as tab:
            tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.base)
            tab.open(f"/run/{run.name}/approvals")
            assert barriers(tab, axe) == []
            tab.page.click("text=Copy prompt 001")
            tab.page.wait_for_selector("text=Copied")
            copied = tab.page.evaluate("navigator.clipboard.readText()")
            sheet = next((run / "outbox").glob("001-*.prompt.md")).read_text()
            assert copied.strip() == sheet.partition("-\n\n")[2].strip()
            tab.page.fill("#reply-001", "```python\nPLAN = {'vascularity': ['redness']}\n```")
            tab.page.click("text=Keep reply 001")
            tab.page.wait_for_function("() => !document.querySelector('#reply-001')")
            assert list((run / "inbox").glob("001-*.reply.md"))
            assert (tab.foreign, tab.complaints) == ([], [])

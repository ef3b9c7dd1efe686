"""Who gets in: nobody without the token, no other site, no other name for this machine."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient
from viewer_stand_ins import PAGES

from scafe.agent.view.app import build_app
from scafe.agent.view.guard import Access
from scafe.agent.view.reading.shelf import Shelf

REFERENCE = Path(__file__).parents[3] / "runs" / "reference"


@pytest.fixture
def stranger(access: Access) -> TestClient:
    """A browser that has no cookie."""
    return TestClient(
        build_app(Shelf(REFERENCE), access), base_url="http://127.0.0.1:8765", follow_redirects=False
    )


@pytest.mark.parametrize("address", PAGES)
def test_no_page_opens_without_the_token(stranger: TestClient, address: str) -> None:
    assert stranger.get(address).status_code == 403
    assert stranger.get(address, params={"token": "wrong"}).status_code == 403


def test_the_token_becomes_a_cookie_that_no_script_reads_and_leaves_the_address(
    stranger: TestClient, access: Access
) -> None:
    answer = stranger.get("/", params={"token": access.token})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert stranger.get("/").status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8765", "127.0.0.1", "127.0.0.1:1", "", "[::1]:1"]
)
def test_a_foreign_host_is_refused_even_with_the_token(
    stranger: TestClient, access: Access, host: str
) -> None:
    headers = {"host": host, "cookie": f"{access.cookie}={access.token}"}
    assert stranger.get("/", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1:8765", "http://127.0.0.1:1"]
)
def test_a_foreign_origin_is_refused_even_with_the_token(
    stranger: TestClient, access: Access, origin: str
) -> None:
    headers = {"origin": origin, "cookie": f"{access.cookie}={access.token}"}
    assert stranger.get("/", headers=headers).status_code == 403
    assert stranger.post("/", headers=headers, data={"csrf": access.csrf}).status_code == 403


def test_a_forwarded_port_is_let_in_where_it_was_named() -> None:
    access = Access(8765, ("localhost:9000",))
    client = TestClient(build_app(Shelf(REFERENCE), access), base_url="http://localhost:9000")
    assert client.get("/", params={"token": access.token}).status_code == 200


@pytest.mark.parametrize("csrf", ["", "wrong"])
def test_a_form_without_its_token_changes_nothing(stranger: TestClient, access: Access, csrf: str) -> None:
    headers = {"origin": "http://127.0.0.1:8765", "cookie": f"{access.cookie}={access.token}"}
    answer = stranger.post("/run/played-scar/approvals", headers=headers, data={"csrf": csrf})
    assert answer.status_code == 403


def test_a_form_without_an_origin_is_refused(stranger: TestClient, access: Access) -> None:
    headers = {"cookie": f"{access.cookie}={access.token}"}
    answer = stranger.post("/run/played-scar/approvals", headers=headers, data={"csrf": access.csrf})
    assert answer.status_code == 403


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_other_methods_are_not_answered(stranger: TestClient, access: Access, method: str) -> None:
    assert (
        stranger.request(method, "/", headers={"cookie": f"{access.cookie}={access.token}"}).status_code
        == 405
    )


@pytest.mark.parametrize("address", PAGES)
def test_every_answer_forbids_what_is_not_ours(stranger: TestClient, access: Access, address: str) -> None:
    answer = stranger.get(address, headers={"cookie": f"{access.cookie}={access.token}"})
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "address",
    [
        "/run/..%2F..%2Fetc",
        "/run/../../../etc/passwd",
        "/run/%2e%2e",
        "/run/played-scar%2F..%2Fbuiltin",
        "/run/played-scar/revision/..%2f..%2fevents/r001",
        "/run/played-scar/revision/asymmetry/..%2Fr001",
        "/static/..%2Fguard.py",
        "/static/../server.py",
        "/run/.",
        "/run/%00",
    ],
)
def test_no_address_leads_out_of_the_folder_of_runs(
    stranger: TestClient, access: Access, address: str
) -> None:
    assert stranger.get(address, headers={"cookie": f"{access.cookie}={access.token}"}).status_code == 404

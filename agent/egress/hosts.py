"""What can be told from the address of an endpoint, without looking it up."""

import ipaddress
import re

from scafe.knowledge.contract.errors import SettingsError

OPENAI_URL = "https://api.openai.com/v1"
PRIVATE_ENDINGS = (".local", ".internal", ".lan", ".localhost", ".home.arpa")


_URL = re.compile(
    r"(?P<scheme>https?)://(?P<user>[^@/?#]*@)?(?P<host>\[[0-9a-fA-F:.]+\]|[^/:?#@\[\]\s]+)(?P<port>:\d+)?"
    r"(?P<path>/[^?#\s]*)?(?P<rest>[?#].*)?"
)
# not urllib.parse: a module that imports urllib is a door to the network, and this one is none


def host_of(base_url: str) -> str:
    """Return host and port of an endpoint, as it is shown to a person; '' if it is no http(s) URL."""
    found = _URL.fullmatch(base_url)
    return f"{found['host']}{found['port'] or ''}" if found else ""


def is_private(base_url: str) -> bool:
    """Return whether the address is this machine or plainly inside a private network.

    A name that would have to be looked up counts as public unless its ending is reserved for private use.
    """
    host = _name(base_url)
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(PRIVATE_ENDINGS)
    return address.is_private or address.is_loopback or address.is_link_local


def is_openai(base_url: str) -> bool:
    """Return whether the endpoint is OpenAI's own, or Azure's of the same interface."""
    host = _name(base_url)
    return host == "api.openai.com" or host.endswith((".openai.azure.com", ".services.ai.azure.com"))


def checked_url(base_url: str) -> str:
    """Return the base URL without a trailing slash.

    Raises
    ------
    SettingsError
        If it is no http(s) URL, or carries a user or password.
    """
    found = _URL.fullmatch(base_url)
    if not found:
        raise SettingsError("the base URL is none: expected http://HOST:PORT/v1 or https://HOST/v1")
    if found["user"] or found["rest"]:
        raise SettingsError(
            f"base URL at {host_of(base_url)} carries a user, a query or a fragment; "
            "give the plain URL and the key as SCAFE_API_KEY"
        )
    return base_url.rstrip("/")


def _name(base_url: str) -> str:
    found = _URL.fullmatch(base_url)
    return found["host"].strip("[]").lower() if found else ""

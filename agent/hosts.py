"""What can be told from the address of an endpoint, without looking it up."""

import ipaddress
from urllib.parse import urlsplit

from scafe.knowledge.errors import SettingsError

OPENAI_URL = "https://api.openai.com/v1"
PRIVATE_ENDINGS = (".local", ".internal", ".lan", ".localhost", ".home.arpa")


def host_of(base_url: str) -> str:
    """Return host and port of an endpoint, as it is shown to a person."""
    return urlsplit(base_url).netloc.rpartition("@")[2]


def is_private(base_url: str) -> bool:
    """Return whether the address is this machine or plainly inside a private network.

    A name that would have to be looked up counts as public unless its ending is reserved for private use.
    """
    host = urlsplit(base_url).hostname or ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(PRIVATE_ENDINGS)
    return address.is_private or address.is_loopback or address.is_link_local


def is_openai(base_url: str) -> bool:
    """Return whether the endpoint is OpenAI's own, or Azure's of the same interface."""
    host = urlsplit(base_url).hostname or ""
    return host == "api.openai.com" or host.endswith((".openai.azure.com", ".services.ai.azure.com"))


def checked_url(base_url: str) -> str:
    """Return the base URL without a trailing slash.

    Raises
    ------
    SettingsError
        If it is no http(s) URL, or carries a user or password.
    """
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(
            f"base URL {host_of(base_url) or base_url!r}: expected http://HOST:PORT/v1 or https://HOST/v1"
        )
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise SettingsError(
            f"base URL at {host_of(base_url)} carries a user, a query or a fragment; "
            "give the plain URL and the key as SCAFE_API_KEY"
        )
    return base_url.rstrip("/")

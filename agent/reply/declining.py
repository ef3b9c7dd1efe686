"""The answer that there is no better one: `NO BETTER: reason`, in place of a module.

It is read as an answer only where a brief allows it, and only where the reply holds no module: code that is
given counts before what is said about it.
"""

import re

from scafe.agent.brief.contraband import cut_contraband
from scafe.agent.record.wire import mend_text

SIGN = "NO BETTER"
"""How such an answer begins its line; capitals, so that a sentence about something better is none."""
MOST_REASON = 300
"""Characters of a reason that are kept."""
_LINE = re.compile(
    rf"^[ \t>*_`#\"']{{0,8}}{SIGN}[*_`\"']{{0,4}}[ \t]*(?:$|[:.,;\u2013\u2014-](.*))", re.MULTILINE
)


def declined_in(spoken: str, *, is_whole: bool = True) -> str | None:
    """Return the reason of a reply that declines, None if it does not.

    Parameters
    ----------
    spoken : str
        The reply without what was thought aloud.
    is_whole : bool
        False: the reply holds code too, if none that can be read; then it must begin with the sign.

    Returns
    -------
    str or None
        One line of at most `MOST_REASON` characters, fit to be sent again; '' if no reason is given.

    Examples
    --------
    >>> declined_in("**NO BETTER:** the ring already takes the light out.")
    'the ring already takes the light out.'
    >>> declined_in("There is NO BETTER way, so here is the module.") is None
    True
    """
    found = _LINE.search(spoken)
    if found is None or (not is_whole and spoken[: found.start()].strip()):
        return None
    said = (found[1] or "") + spoken[found.end() :]
    first = next((text for part in said.split("\n\n") if (text := _plain(part))), "")
    return cut_contraband(mend_text(first).text)[:MOST_REASON]


def _plain(text: str) -> str:
    """Return a paragraph on one line, without the marks around it."""
    return " ".join(text.split()).strip(" *_`>\"'")

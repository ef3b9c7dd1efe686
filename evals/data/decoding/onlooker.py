"""Who wants to see every image of a data set while it is read, so that it need not be read again."""

from typing import Any, Protocol

from scafe.sandbox.pool.extraction import ImageAndMask


class Onlooker(Protocol):
    """Looks by several threads at a time, and keeps what it saw in the order of the rows."""

    def look(self, one: ImageAndMask, /) -> Any:
        """Say what an image shows; nothing is kept here."""
        ...

    def keep(self, found: Any, /) -> None:
        """Take what a look gave."""
        ...

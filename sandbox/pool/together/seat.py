"""The jailed process in which several extractors meet each image one after another.

Row `v` of a request is extractor `v % n` on image `v // n`. Extractors have namespaces of their own; what
they share is what the toolkit keeps of an image, arrays that nobody can write to.
"""

import builtins
import mmap

from scafe.knowledge.toolkit import memo
from scafe.sandbox.pool import wire
from scafe.sandbox.pool.cell import Cell, Failure, Loaded, Orders, measure_kept
from scafe.sandbox.pool.extraction import ImageAndMask
from scafe.sandbox.system.fingerprint import Held


class SharedCell(Cell):
    """A cell that is given one source after another and keeps them all."""

    def __init__(self, orders: Orders, images: list[ImageAndMask], board: mmap.mmap, breaches: int) -> None:
        super().__init__(orders, images, board, breaches)
        self.beside: list[Loaded] = []
        self.width = 0
        """Values of a row: as many as the widest extractor has."""
        self.looking_at = -1
        """Image of which the toolkit keeps what it found."""

    def load(self, source: str, serial: int) -> bytes:
        """Take one more extractor in; pack what came of it."""
        answer = super().load(source, serial)
        if self.loaded is not None:
            self.beside.append(self.loaded)
            self.loaded = None
            self.width = max(len(one.names) for one in self.beside)
            self.layout = wire.row_layout(self.width, self.record.size)
            self.kept = (Held.of(vars(builtins)), *(Held.of(one.builtins) for one in self.beside))
        return answer

    def run_batch(self, first: int, count: int, serial: int) -> None:
        """Measure, and keep what the toolkit found in an image until the next one."""
        super().run_batch(first, count, serial)
        memo.forget()
        self.looking_at = -1

    def write_row(self, at: int, index: int, serial: int) -> None:
        """Measure one image by one extractor and write its row, filled up to the widest."""
        place, which = divmod(index, len(self.beside))
        one, extractor = self.images[place], self.beside[which]
        if place != self.looking_at:
            memo.remember(one.image, one.mask)
            self.looking_at = place
        found = measure_kept(extractor, one)
        if isinstance(found, Failure):
            self._write_failure(at, index, serial, found)
        else:
            rest = (0.0,) * (self.width - len(found))
            self.layout.pack_into(self.board, at, serial, index, wire.FINE, 0, 0, *found, *rest)

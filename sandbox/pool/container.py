"""The pool inside a container: `python -m scafe.sandbox.pool.container WORKERS HASH_SEED`.

It answers the records of `remote` over standard input and output, until its input ends.
"""

import os
import sys

from scafe.sandbox.pool import wire
from scafe.sandbox.pool.arena import views
from scafe.sandbox.pool.extraction import Extraction, ImageAndMask, Limits
from scafe.sandbox.pool.pool import Pool
from scafe.sandbox.pool.remote import IMAGES, ORDER, REQUEST, RERUN, pack_answer


def main(arguments: list[str]) -> None:
    """Answer over standard input and output until the input ends."""
    workers, hash_seed = (int(argument) for argument in arguments)
    requests, answers = os.dup(0), os.dup(1)
    shown: list[ImageAndMask] = []
    # the container is the wall that a person asked for; what holds inside it is reported by `doctor`
    with Pool(workers, allow_weaker=True, hash_seed=hash_seed) as pool:
        wire.write_all(answers, b"open")
        while len(record := wire.read_exactly(requests, REQUEST.size)) == REQUEST.size:
            operation, flags, size, image_seconds, memory_mb = REQUEST.unpack(record)
            data = wire.read_exactly(requests, size)
            if operation == IMAGES:
                shown = _unpacked(data)
                continue
            pool.limits = Limits(image_seconds, memory_mb)
            if operation == RERUN:
                wire.write_all(answers, pack_answer(_rerun(pool, shown, flags, data), talkative=True))
                continue
            found = pool.extract(data.decode("utf-8", "replace"), shown, talkative=bool(flags))
            wire.write_all(answers, pack_answer(found, talkative=bool(flags)))


def _rerun(pool: Pool, shown: list[ImageAndMask], flags: int, data: bytes) -> Extraction:
    """Measure again as the host's detectors ask; the names of the columns are of no interest then."""
    count, *order = (number for (number,) in ORDER.iter_unpack(data[: _order_size(data)]))
    source = data[_order_size(data) :].decode("utf-8", "replace")
    perturb = flags >> wire.PERTURB_SHIFT
    rows = pool.rerun(source, shown, order[:count], twin=bool(flags & 1), perturb_memory=perturb)
    width = max((len(row) for row in rows if isinstance(row, tuple)), default=0)
    return Extraction.of(tuple(f"f{place}" for place in range(width)), rows, 0.0)


def _order_size(data: bytes) -> int:
    (count,) = ORDER.unpack_from(data)
    return int((1 + count) * ORDER.size)


def _unpacked(data: bytes) -> list[ImageAndMask]:
    descriptor = os.memfd_create("scafe-images")
    os.truncate(descriptor, len(data))
    os.pwrite(descriptor, data, 0)
    return views(descriptor, len(data))


if __name__ == "__main__":
    main(sys.argv[1:])

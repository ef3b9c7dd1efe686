"""Read images of a data set through, asked over a socket: `python -m scafe.evals.processes.reader FD`.

`evals/data/decoding/readers.py` starts it. It ends with the process that asks.
"""

import signal
import sys
import warnings
from multiprocessing.connection import Connection

import cv2

from scafe.evals.data.decoding.allocator import reuse_memory
from scafe.evals.data.decoding.readers import Hashed, ToRead
from scafe.knowledge.contract.errors import ScafeError


def main() -> int:
    """Answer until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asks ends this process
    warnings.simplefilter("ignore")  # as `contained` does for each image
    cv2.setNumThreads(1)
    reuse_memory()
    with Connection(int(sys.argv[1])) as pipe:
        while rows := _asked(pipe):
            for row in rows:
                if not _told(pipe, read_through(row)):
                    return 0
    return 0


def read_through(row: ToRead) -> Hashed | ScafeError:
    """Decode and hash one image; what is wrong with it is an answer too."""
    try:
        found = row.pixels.read(row.where)
    except ScafeError as error:
        return error
    return Hashed(found.sha256, found.met)


def _asked(pipe: Connection) -> list[ToRead]:
    try:
        return list(pipe.recv())
    except (EOFError, OSError):
        return []


def _told(pipe: Connection, answer: Hashed | ScafeError) -> bool:
    try:
        pipe.send(answer)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    raise SystemExit(main())

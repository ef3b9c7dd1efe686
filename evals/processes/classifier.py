"""Read a classifier's file behind the wall: `python -m scafe.evals.processes.classifier < classifier.skops`.

The process closes the wall around itself before it looks at the first byte: no file, no network, no new
process, little memory. It answers with numbers or with one sentence.
"""

import codecs
import sys
from typing import Final

from scafe.evals.stored.reading import MOST_FILE_BYTES, NAME, Told
from scafe.evals.stored.saved_model import SavedModel, read_saved
from scafe.knowledge.contract.errors import IntegrityError
from scafe.sandbox.system.jail import enter

ADDRESS_BYTES: Final = 512 << 20
"""Beyond what Python and numpy take; the largest file that is read needs 200 MB."""
CPU_SECONDS: Final = 30
LATE: Final = ("cp437", "utf-32-le")
"""Encodings of names in a zip and of labels in numpy; Python looks for their files at the first use."""


def main() -> int:
    """Read standard input, answer on standard output."""
    for encoding in LATE:
        codecs.lookup(encoding)
    enter(ADDRESS_BYTES, CPU_SECONDS)
    sys.stdout.write(_told(sys.stdin.buffer.read(MOST_FILE_BYTES + 1)).model_dump_json())
    sys.stdout.flush()
    return 0


def _told(data: bytes) -> Told:
    try:
        found = read_saved(data, NAME)
    except IntegrityError as error:
        return Told(fault=str(error))
    return Told(model=found) if isinstance(found, SavedModel) else Told(forest=found)


if __name__ == "__main__":
    raise SystemExit(main())

"""Where shared memory has no room, the way out is said and nothing stays open."""

import mmap
import os
import resource
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from scafe.knowledge.contract.errors import SandboxError
from scafe.sandbox.pool.arena import Arena, _seal
from scafe.sandbox.pool.extraction import ImageAndMask


@pytest.fixture
def _little_room() -> Iterator[None]:
    """A limit on files holds for shared memory too."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("_little_room")
def test_no_room_in_shared_memory_is_one_sentence() -> None:
    image = ImageAndMask(np.zeros((400, 400, 3), np.uint8), np.ones((400, 400), bool))
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(
        SandboxError, match=r"no room in shared memory for 2 images \(1 MB.*was computed is kept"
    ):
        Arena([image, image])
    assert len(os.listdir("/proc/self/fd")) == before


def test_memory_that_a_forked_process_still_maps_is_sealed_once_it_lets_go() -> None:
    descriptor = os.memfd_create("arena", os.MFD_ALLOW_SEALING)
    os.ftruncate(descriptor, mmap.PAGESIZE)
    held = mmap.mmap(descriptor, mmap.PAGESIZE)
    with pytest.raises(OSError, match="busy"):
        _seal(descriptor, patience_s=0.0)
    threading.Timer(0.1, held.close).start()
    _seal(descriptor)
    with pytest.raises(OSError, match="not permitted"):
        os.write(descriptor, b"x")
    os.close(descriptor)

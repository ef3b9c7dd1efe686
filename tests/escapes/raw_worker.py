"""The sandbox process with its language wall taken out: the operating-system wall must hold alone."""

import importlib
import sys
import types

from scafe.sandbox.pool import worker
from scafe.sandbox.system import jail
from scafe.sandbox.system.fingerprint import Fingerprint

# what an attacker would use is loaded beforehand: a failing import must not be what contains them
LOADED = """socket subprocess ctypes mmap resource signal multiprocessing.shared_memory pickle json pty fcntl
    threading asyncio urllib.request http.client ssl tempfile shutil pathlib glob select time numpy cv2
    skimage.io scipy.io scipy.io.wavfile scipy.optimize numpy.ctypeslib numpy.testing numpy.f2py"""
MARKERS = (
    "SCAFE-CANARY-7f3a91",
    "'attached'",
    "'allowed'",
    "'rwx'",
    "'uring'",
    "'userns'",
    "'raised'",
    "'x32'",
    "'reached'",
)


def judge_raw(returned: object, names: tuple[str, ...]) -> tuple[float, ...]:
    """1.0 where what came back shows that something was reached."""
    return (float(any(marker in repr(returned) for marker in MARKERS)),)


def open_the_language_wall() -> None:
    from scafe.sandbox.pool import cell
    from scafe.sandbox.pool.regions import seat

    class Raw(cell.Loaded):
        """An extractor that nobody reviewed, with every builtin of Python."""

        def __init__(self, code: types.CodeType) -> None:
            self.code = code
            self.names = ("a",)
            self.namespace = {"__name__": "extractor"}

    def load_raw(source: str) -> Raw:
        try:
            raw = Raw(compile(source, "<extractor>", "exec"))
            exec(raw.code, dict(raw.namespace))
        except BaseException as error:
            raise cell.Refused(f"{type(error).__name__}: {error}") from None
        return raw

    class RawLocator(seat.LoadedLocator):
        """A locator that nobody reviewed."""

        def __init__(self, raw: Raw) -> None:
            self.code, self.names, self.namespace = raw.code, ("mass",), raw.namespace

    def load_raw_locator(source: str) -> RawLocator:
        return RawLocator(load_raw(source))

    cell.load_extractor = load_raw
    seat.load_locator = load_raw_locator
    if "numbers" not in sys.argv:
        cell.judged = judge_raw


class RawZygote(worker.Zygote):
    def prepare(self, layer: jail.Layer) -> None:
        from scafe.sandbox.pool import warmup  # it loads numpy: after the namespaces, as the worker does

        for name in LOADED.split():
            importlib.import_module(name)
        honest = warmup.fingerprint

        def fingerprint() -> Fingerprint:
            open_the_language_wall()  # before the fingerprint: what was opened here is no finding
            return honest()

        warmup.fingerprint = fingerprint
        super().prepare(layer)


if __name__ == "__main__":
    worker.Zygote = RawZygote
    worker.main(sys.argv[-2:])

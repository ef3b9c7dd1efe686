"""Run attacks against one set-up and judge from outside what they reached.

`python harness.py SETUP [--nobody] --corpus FILES...`, SETUP one of both, os, lang, naive; the report
goes to stdout as JSON. What counts
as evidence: the canary's text in anything that comes back, a file in the watched folder, a
connection to the listener, a signal to this process, a changed image, a dead sandbox process.
"""

import argparse
import contextlib
import io
import json
import math
import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import ordinary

SECRET = "SCAFE-CANARY-7f3a91"
PIXELS = (17, 201, 33, 94, 250, 7, 128, 66)
PIXEL_TEXTS = ("17, 201", "17_201", "17,201", "17 201", "17  201")
HERE = Path(__file__).parent


class Canaries:
    """Everything an attack could reach, and the way to see that it did."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="scafe-escape-"))
        self.out = self.home / "out"
        self.secret = self.home / "canary.txt"
        self.secret.write_text(SECRET + "\n")
        self._write_fixtures()
        self.hits: list[str] = []
        self.port = self._listen()
        signal.signal(signal.SIGUSR1, lambda *_: self.hits.append("signal"))
        os.environ["SCAFE_CANARY_ENV"] = SECRET
        self.forgotten = os.open(self.secret, os.O_RDONLY)
        os.set_inheritable(self.forgotten, True)

    def _write_fixtures(self) -> None:
        def chunk(kind: bytes, data: bytes) -> bytes:
            return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

        rows = b"".join(b"\0" + bytes([11, 22, 33]) * 4 for _ in range(4))
        head = chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 8, 2, 0, 0, 0))
        png = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
        (self.home / "c.png").write_bytes(png)
        (self.home / "c.yml").write_text(f'%YAML:1.0\n---\nsecret: "{SECRET}"\n')
        command = f"cp {self.secret} {self.out}/pickle"
        (self.home / "p.npy").write_bytes(_pickle_that_runs(command))

    def _listen(self) -> int:
        tcp = socket.socket()
        tcp.bind(("127.0.0.1", 0))
        tcp.listen(50)
        port = tcp.getsockname()[1]
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", port))
        abstract = socket.socket(socket.AF_UNIX)
        abstract.bind(f"\0scafe-canary-{port}")
        abstract.listen(5)
        threading.Thread(target=self._serve, args=(tcp, udp, abstract), daemon=True).start()
        return port

    def _serve(self, tcp: socket.socket, udp: socket.socket, abstract: socket.socket) -> None:
        while True:
            for ready in select.select([tcp, udp, abstract], [], [])[0]:
                if ready is udp:
                    udp.recvfrom(9999)
                    self.hits.append("udp")
                else:
                    ready.accept()[0].close()
                    self.hits.append("tcp" if ready is tcp else "unix")

    def reset(self) -> None:
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.mkdir()
        self.hits.clear()

    def filled(self, code: str) -> str:
        places = {
            "@CANARY@": self.secret,
            "@OUT@": self.out,
            "@PORT@": self.port,
            "@PNG@": self.home / "c.png",
            "@YML@": self.home / "c.yml",
            "@PICKLE@": self.home / "p.npy",
            "@NEST@": "(" * 5000 + "1" + ")" * 5000,
        }
        for name, value in places.items():
            code = code.replace(name, str(value))
        return code

    def evidence(self, came_back: str) -> list[str]:
        """What an attack reached, with everything that came back as one text."""
        found = [f"net or signal: {hit}" for hit in self.hits]
        found += [f"file: {path.name}" for path in self.out.iterdir()]
        found += ["canary text"] if SECRET in came_back else []
        found += ["picture read"] if re.search(r"px(1122|2211|3322|3322)", came_back) else []
        return found


def _pickle_that_runs(command: str) -> bytes:
    # a pickle that runs a command when it is loaded, written by hand
    return b"cposix\nsystem\n(S'" + command.encode() + b"'\ntR."


def with_head(code: str) -> str:
    """Add the head of the contract, behind the code so that line numbers stay."""
    if "FEATURES" in code:
        return code
    names = list(dict.fromkeys(re.findall(r'[{,]\s*"([a-z][a-z0-9_]{0,47})":', code))) or ["a"]
    one = '{"unit": "ratio", "range": [0, 1], "direction": "up", "meaning": "an attack"}'
    heads = ", ".join(f'"{name}": {one}' for name in names[:12])
    return f'{code}\nCRITERION = "attack"\nFEATURES = {{{heads}}}\n'


def images(count: int):
    import numpy as np

    from scafe.sandbox.pool.pool import ImageAndMask

    made = []
    for seed in range(count):
        pixels = np.random.default_rng(seed).integers(0, 255, (32, 40 + seed, 3), dtype=np.uint8)
        pixels[0, :8, 0] = PIXELS
        mask = np.zeros(pixels.shape[:2], bool)
        mask[8:24, 8:24] = True
        made.append(ImageAndMask(pixels, mask))
    return made


def texts_of(extraction) -> str:
    """Every word that comes back with an extraction."""
    faults = [fault for fault in extraction.faults if fault]
    return " ".join([*extraction.names, *(f"{fault.exception} {fault.message}" for fault in faults)])


def run_both(entries, canaries):
    """Both walls, as in use: Pool.extract on patient images, then the detectors."""
    from scafe.knowledge.contract.errors import SandboxError
    from scafe.sandbox.pool.pool import Limits, Pool
    from scafe.sandbox.probes.determinism import check_determinism

    shown = images(3)
    outcomes = {}
    with Pool(2) as pool:
        for entry in entries:
            canaries.reset()
            source = with_head(canaries.filled(entry["code"]))
            hangs = entry["category"] == "dos"
            pool.limits = Limits(image_seconds=0.5 if hangs else 2.0, memory_mb=1024)
            began = time.monotonic()
            try:
                found = pool.extract(source, shown[: 1 if hangs else 3])
            except SandboxError as error:
                outcomes[entry["id"]] = {"how": "sandbox broke", "evidence": [str(error)]}
                pool.__enter__()
                continue
            words = texts_of(found)
            seen = canaries.evidence(words)
            seen += ["pixels in text"] if any(text in words for text in PIXEL_TEXTS) else []
            faults = [fault for fault in found.faults if fault]
            how = faults[0].kind if faults else "ran"
            if how == "ran" and not hangs:
                how, more = after_running(entry, source, shown, pool, found, check_determinism)
                seen += more
            outcomes[entry["id"]] = {
                "how": how,
                "evidence": seen,
                "seconds": round(time.monotonic() - began, 2),
                "said": words[:200],
            }
    return outcomes


def after_running(entry, source, shown, pool, found, check_determinism):
    """Judge an attack that returned numbers: state, order, and the values themselves."""
    backward = pool.extract(source, shown[::-1])
    seen = []
    if not math.isclose(float((backward.rows[::-1] - found.rows).sum()), 0.0, abs_tol=0.0):
        seen.append("order of images matters")
    findings = check_determinism(source, shown, pool)
    return ("flagged" if findings else "ran"), ([] if findings else seen)


def run_os(entries, canaries):
    """The operating-system wall alone: the source runs as plain Python inside the jail."""
    from scafe.knowledge.contract.errors import SandboxError
    from scafe.sandbox.pool.pool import Limits, Pool
    from scafe.sandbox.pool.process import SandboxProcess

    class RawPool(Pool):
        def _started(self, hash_seed: int) -> SandboxProcess:
            process = SandboxProcess((sys.executable, "-P", "-s", str(HERE / "raw_worker.py")))
            process.wait_ready()
            return process

    shown = images(2)
    outcomes = {}
    with RawPool(1, Limits(image_seconds=1.0, memory_mb=1024)) as pool:
        for entry in entries:
            canaries.reset()
            try:
                found = pool.extract(canaries.filled(entry["code"]), shown[:1])
            except SandboxError as error:
                outcomes[entry["id"]] = {"how": "sandbox broke", "evidence": [str(error)]}
                pool.__enter__()
                continue
            words = texts_of(found)
            seen = canaries.evidence(words)
            seen += ["something was reached"] if found.rows.size and found.rows[0, 0] == 1.0 else []
            faults = [fault for fault in found.faults if fault]
            outcomes[entry["id"]] = {
                "how": faults[0].kind if faults else "ran",
                "evidence": seen,
                "said": " ".join(fault.message for fault in faults)[:160],
            }
    return outcomes


def run_lang(entries, canaries):
    """The language wall alone, in this plain process: load, and run what loads."""
    from scafe.sandbox.pool import cell

    shown = images(1)[0]
    outcomes = {}
    for entry in entries:
        canaries.reset()
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            how, said = _loaded_and_run(cell, with_head(canaries.filled(entry["code"])), shown)
        time.sleep(0.02)
        outcomes[entry["id"]] = {
            "how": how,
            "evidence": canaries.evidence(printed.getvalue() + (said if how == "ran" else "")),
            "said": said[:200],
        }
    return outcomes


def _loaded_and_run(cell, source, shown):
    try:
        loaded = cell.load_extractor(source)
    except cell.Refused as refused:
        return "refused", str(refused)
    try:
        return "ran", repr(loaded.measure(shown))
    except Exception as error:
        return "error", f"{type(error).__name__}: {error}"


def run_naive(entries, canaries):
    """The positive control, each attack in a process of its own."""
    outcomes = {}
    for entry in entries:
        canaries.reset()
        file = canaries.home / "attack.py"
        file.write_text(canaries.filled(entry["code"]))
        command = [sys.executable, str(HERE / "naive.py"), str(file)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=canaries.home)
            said = done.stdout + done.stderr[-300:]
        except subprocess.TimeoutExpired:
            said = "timeout"
        time.sleep(0.05)
        outcomes[entry["id"]] = {"how": "ran", "evidence": canaries.evidence(said), "said": said[-200:]}
    return outcomes


SETUPS = {"both": run_both, "os": run_os, "lang": run_lang, "naive": run_naive}


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("setup", choices=SETUPS)
    options.add_argument("--nobody", action="store_true")
    options.add_argument("--only", nargs="*")
    options.add_argument("--corpus", nargs="+", type=Path)
    chosen = options.parse_args()
    entries = [json.loads(line) for file in chosen.corpus for line in file.read_text().splitlines() if line]
    if chosen.only:
        wanted = set(chosen.only)
        entries = [entry for entry in entries if entry["id"] in wanted or entry["category"] in wanted]
    if chosen.nobody:
        ordinary.become_nobody(HERE.parents[1])
    canaries = Canaries()
    try:
        outcomes = SETUPS[chosen.setup](entries, canaries)
    finally:
        shutil.rmtree(canaries.home, ignore_errors=True)
    json.dump({"uid": os.getuid(), "outcomes": outcomes}, sys.stdout)


if __name__ == "__main__":
    main()

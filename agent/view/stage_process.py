"""Phantoms rendered and extractors measured on them, in a process of its own: one JSON request a line.

The extractor runs in the sandbox, as in a run; what comes back is numbers, or why there are none. Nothing
here has seen an image of a patient. The viewer starts this process when a page needs it, and stays small.
"""

import base64
import json
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from scafe.knowledge.contract.errors import InputError, ScafeError
from scafe.knowledge.criteria.pack import load_pack
from scafe.knowledge.phantoms import Phantom, load_phantom
from scafe.knowledge.phantoms.base import Dial, Nuisance
from scafe.knowledge.phantoms.sheet import Layout, contact_sheet
from scafe.sandbox.pool.pool import ImageAndMask, Pool
from scafe.sandbox.probes.panel import build_panel

Line = dict[str, Any]


STRIP_LEVELS, STRIP_SIZE, CAPTION_PX = 5, 128, 22


class Stage:
    """Answers requests; keeps one sandbox for all of them."""

    def __init__(self, held: ExitStack) -> None:
        self._held = held
        self._pool: Pool | None = None

    def answer(self, request: Line) -> Line:
        """Answer one request; a fault that ScaFE reports on purpose is an answer too."""
        asks: dict[str, Callable[..., Line]] = {
            "kind": self.kind,
            "picture": self.picture,
            "sheet": self.sheet,
            "values": self.values,
            "curves": self.curves,
            "strips": self.strips,
        }
        try:
            return {"answer": asks[request.pop("ask")](**request)}
        except ScafeError as error:
            return {"error": str(error)}
        except (KeyError, ValueError, TypeError) as error:
            return {"error": f"this phantom does not take what was asked ({error})"}

    def kind(self, pack: str) -> Line:
        """Tell what a pack's phantom is, what can be turned, and which dial each criterion names."""
        loaded = load_pack(pack)
        phantom = load_phantom(loaded.phantom)
        turned = [{**asdict(one), "what": "dial"} for one in phantom.dials]
        moved = [{**asdict(one), "what": "nuisance", "unit": ""} for one in phantom.nuisances]
        dials = {one.id: one.dial for one in loaded.criteria if one.dial}
        return {"kind": phantom.kind, "knobs": [*turned, *moved], "dials": dials}

    def picture(self, kind: str, seed: int, knobs: Mapping[str, float], size: int) -> Line:
        """Render one phantom as PNG."""
        phantom = load_phantom(kind)
        return {"png": _png(_shown(_rendered(phantom, seed, knobs, size).image))}

    def sheet(self, kind: str, dial: str, seed: int, outline: bool) -> Line:
        """Render a contact sheet of one dial or nuisance as PNG."""
        return {"png": _png(contact_sheet(load_phantom(kind), dial, seed, Layout(outline=outline)))}

    def values(self, kind: str, seed: int, knobs: list[Mapping[str, float]], size: int, source: str) -> Line:
        """Measure an extractor on phantoms: feature -> one value for each, None where it gave none."""
        phantom = load_phantom(kind)
        images = [_rendered(phantom, seed, one, size) for one in knobs]
        extraction = self._sandbox().extract(source, images, talkative=True)
        faults = [fault.message or fault.kind for fault in extraction.faults if fault is not None]
        columns = {name: _plain(extraction.rows[:, at]) for at, name in enumerate(extraction.names)}
        return {"values": columns, "fault": faults[0] if faults else ""}

    def curves(self, kind: str, source: str) -> Line:
        """Measure an extractor over every dial of the panel that it was judged on: median over scenes."""
        panel = build_panel(kind)
        places = np.unique(np.concatenate([sweep.where.ravel() for sweep in panel.dials]))
        extraction = self._sandbox().extract(source, [panel.images[at] for at in places], talkative=True)
        row_of = {int(at): row for row, at in enumerate(places)}
        found: dict[str, list[Line]] = {name: [] for name in extraction.names}
        for sweep in panel.dials:
            rows = np.array([[row_of[int(at)] for at in scene] for scene in sweep.where])
            for column, name in enumerate(extraction.names):
                values = extraction.rows[rows, column]
                middle = [np.nan if np.isnan(level).all() else np.nanmedian(level) for level in values.T]
                levels = {"dial": sweep.name, "levels": sweep.levels.tolist(), "values": _plain(middle)}
                found[name].append(levels)
        faults = [fault.message or fault.kind for fault in extraction.faults if fault is not None]
        return {"curves": found, "fault": faults[0] if faults else ""}

    def strips(self, kind: str, source: str, feature: str, names: list[str]) -> Line:
        """Draw dials or nuisances turned from low to high, a row each, with a feature's values."""
        phantom = load_phantom(kind)
        known: dict[str, Dial | Nuisance] = {one.name: one for one in phantom.dials}
        known |= {one.name: one for one in phantom.nuisances}
        turned = [known[name] for name in names if name in known]
        levels = [np.linspace(one.low, one.high, STRIP_LEVELS) for one in turned]
        images = [
            _rendered(phantom, 0, {one.name: float(level)}, STRIP_SIZE)
            for one, row in zip(turned, levels, strict=True)
            for level in row
        ]
        extraction = self._sandbox().extract(source, images, talkative=True)
        if feature not in extraction.names or not images:
            raise InputError("nothing to draw: the extractor has no such feature, or no dial is named")
        values = _plain(extraction.rows[:, extraction.names.index(feature)])
        pictures = [_captioned(one, value) for one, value in zip(images, values, strict=True)]
        rows = [
            np.concatenate([_head(one.name), *pictures[at * STRIP_LEVELS : (at + 1) * STRIP_LEVELS]], axis=1)
            for at, one in enumerate(turned)
        ]
        return {"png": _png(np.concatenate(rows))}

    def _sandbox(self) -> Pool:
        if self._pool is None:
            self._pool = self._held.enter_context(Pool(workers=1))
        return self._pool


def main() -> None:
    """Answer requests until there are no more."""
    with Path("/dev/stdout").open("w", encoding="utf-8") as out, ExitStack() as held:
        stage = Stage(held)
        for text in sys.stdin:
            print(json.dumps(stage.answer(json.loads(text))), file=out, flush=True)


def _rendered(phantom: Phantom, seed: int, knobs: Mapping[str, float], size: int) -> ImageAndMask:
    dials = {one.name for one in phantom.dials}
    nuisances = {one.name for one in phantom.nuisances}
    if unknown := sorted(knobs.keys() - dials - nuisances):
        raise InputError(f"phantom {phantom.kind} has no {unknown[0][:60]!a} to turn")
    made = phantom.render(
        seed,
        {name: level for name, level in knobs.items() if name in dials},
        {name: level for name, level in knobs.items() if name in nuisances},
        size,
    )
    return ImageAndMask(made.image, made.mask)


def _shown(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Show other channel counts side by side in grey."""
    if image.ndim == 3 and image.shape[2] == 3:
        return image
    planes = [image] if image.ndim == 2 else [image[..., at] for at in range(image.shape[2])]
    return np.repeat(np.concatenate(planes, axis=1)[..., None], 3, axis=2)


def _captioned(one: ImageAndMask, value: float | None) -> NDArray[np.uint8]:
    """Put a value under a picture."""
    picture = _shown(one.image)
    foot = np.full((CAPTION_PX, picture.shape[1], 3), 255, np.uint8)
    _written(foot, "missing" if value is None else f"{value:.4g}", 16)
    return np.pad(np.concatenate([picture, foot]), ((2, 6), (2, 2), (0, 0)), constant_values=255)


def _head(name: str) -> NDArray[np.uint8]:
    side = np.full((STRIP_SIZE + CAPTION_PX + 8, 120, 3), 255, np.uint8)
    return _written(side, name[:16], STRIP_SIZE // 2)


def _written(canvas: NDArray[np.uint8], text: str, y: int) -> NDArray[np.uint8]:
    cv2.putText(canvas, text, (4, y), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (30, 30, 30), 1, cv2.LINE_AA)
    return canvas


def _png(image: NDArray[np.uint8]) -> str:
    packed, data = cv2.imencode(".png", np.ascontiguousarray(image[..., ::-1]))
    if not packed:
        raise InputError("the picture could not be packed as PNG")
    return base64.b64encode(data.tobytes()).decode()


def _plain(values: Any) -> list[float | None]:
    return [None if not np.isfinite(value) else float(f"{value:.6g}") for value in values]


if __name__ == "__main__":
    main()

from __future__ import annotations

from typing import Dict, Optional, Tuple

import numpy as np

LIMIT: float = 12.5


def centre(mask: np.ndarray, weights: Optional[np.ndarray] = None) -> Tuple[float, float]:
    rows, cols = np.nonzero(mask)
    return float(rows.mean()), float(cols.mean())


def extract(image: np.ndarray, mask: np.ndarray) -> Dict[str, float]:
    total: float = float(image.sum())
    feats: Dict[str, float] = {}
    row, col = centre(mask)
    count: int
    feats["t"] = total
    feats["row"] = row / LIMIT
    feats["col"] = col
    return feats

"""Colour, co-occurrence, binary patterns and oriented gradients, then ridge, random forest or boosting.

What anyone would try first, without a clinical word in it; over the whole image, or inside the mask.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from skimage.feature import hog
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline

from scafe.evals.peers.colour_texture import describe
from scafe.evals.peers.peer import (
    Card,
    Fitted,
    Images,
    Rows,
    Sample,
    Setting,
    Train,
    UnavailableError,
    View,
    Weights,
    per_image,
    whole,
)
from scafe.evals.peers.penalised import fit_ridge
from scafe.sandbox.pool.pool import ImageAndMask

Where = Literal["whole", "mask"]
Model = Literal["ridge", "forest", "boosting"]
SIDE = 128
"""Pixels of the square that gradients are taken on."""
LEAF = 4
"""Fewest images in a leaf. Defaults of 20 (LightGBM, histogram boosting) leave no split at 40 images."""
SOURCES = {
    "ridge": "le Cessie and van Houwelingen 1992, doi:10.2307/2347628",
    "forest": "Breiman 2001, doi:10.1023/A:1010933404324",
    "boosting": "Friedman 2001, doi:10.1214/aos/1013203451",
}
FEATURES = "colour moments, GLCM (Haralick 1973), LBP (Ojala 2002), HOG (Dalal and Triggs 2005)"


@dataclass(frozen=True)
class Classical:
    """View of one image by four old ideas."""

    where: Where

    @property
    def key(self) -> str:
        """Version of the numbers, and where they are taken."""
        return f"classical@1 {self.where}"

    def rows(self, images: Images, keys: Sequence[str]) -> Rows:
        """Return one row an image."""
        return per_image(self._one, images)

    def _one(self, one: ImageAndMask) -> Rows:
        shown = one if self.where == "mask" else whole(one)
        texture = describe(shown)
        return np.concatenate([texture, _gradients(shown)]) if len(texture) else texture


def _gradients(one: ImageAndMask) -> Rows:
    """Histograms of oriented gradients in a 4 x 4 grid over the mask's box, weak ones and all."""
    rows, columns = np.flatnonzero(one.mask.any(axis=1)), np.flatnonzero(one.mask.any(axis=0))
    box = one.image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].mean(axis=2).astype(np.float32)
    square = cv2.resize(box, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    cell = (SIDE // 4, SIDE // 4)
    return np.asarray(
        hog(square, orientations=6, pixels_per_cell=cell, cells_per_block=(1, 1), feature_vector=True),
        dtype=np.float64,
    )


@dataclass(frozen=True)
class ClassicalPeer:
    """One classifier on the view."""

    model: Model
    where: Where

    @property
    def card(self) -> Card:
        """What it declares about itself."""
        place = "whole image" if self.where == "whole" else "inside the mask"
        return Card(
            f"classical-{self.model}-{self.where}",
            f"Colour, GLCM, LBP, HOG → {self.model}, {place}",
            "classical",
            f"{FEATURES}; {SOURCES[self.model]}",
            weights=Weights("trained here"),
        )

    def views(self, setting: Setting) -> Sequence[View]:
        """Return the view; inside the mask only where there are masks."""
        if self.where == "mask" and not setting.has_masks:
            raise UnavailableError("no masks in this data; give a column 'mask' or --segment")
        return (Classical(self.where),)

    def fit(self, train: Train) -> Fitted:
        """Fit the classifier."""
        key = Classical(self.where).key
        if self.model == "ridge":
            return fit_ridge(train, key)
        return Trees(key, _trees(self.model, train.seed).fit(train[key], train.labels))


@dataclass(frozen=True)
class Trees:
    """A fitted forest or boosting."""

    key: str
    pipeline: Any

    def predict(self, sample: Sample) -> Rows:
        """Return probabilities."""
        order = [list(self.pipeline.classes_).index(label) for label in sample.classes]
        return np.asarray(self.pipeline.predict_proba(sample[self.key])[:, order])


def _trees(model: Model, seed: int) -> Pipeline:
    few = {"min_samples_leaf": LEAF, "max_features": "sqrt", "random_state": seed}
    trees = (
        RandomForestClassifier(200, n_jobs=1, **{**few, "min_samples_leaf": 2})
        if model == "forest"
        else GradientBoostingClassifier(n_estimators=100, max_depth=2, subsample=0.8, **few)
    )
    return make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), trees)


PEERS = tuple(
    ClassicalPeer(model, where) for where in ("whole", "mask") for model in ("ridge", "forest", "boosting")
)

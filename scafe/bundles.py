"""A frozen bundle from Python: its features and cards, predictions, and the scikit-learn transformer."""

import warnings
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scafe.agent.terminal.offline import hear_lines, host_words
from scafe.evals.frozen.agreement import CARD, card_file
from scafe.evals.frozen.bundle import Bundle as OpenedBundle
from scafe.evals.frozen.bundle import open_bundle
from scafe.evals.frozen.records import FrozenFeature, Manifest
from scafe.knowledge.contract.errors import InputError
from scafe.pages import bundle_page

if TYPE_CHECKING:
    from scafe.evals.frozen.frozen_set import FrozenSet
    from scafe.evals.frozen.predict import Prediction

PROCESS = "scafe.evals.processes.bundle"


class Bundle:
    """Selected features, their classifier and their cards, as they were frozen; `load_bundle` makes one.

    Parameters
    ----------
    opened : OpenedBundle
        Every file was read once and its hash checked; nothing is read again.
    """

    def __init__(self, opened: OpenedBundle) -> None:
        self._opened = opened

    def __repr__(self) -> str:
        return (
            f"<scafe.Bundle {self.path}: {len(self.features)} features of {len(self.manifest.criteria)} "
            f"criteria, {' against '.join(self.classes)}>"
        )

    @property
    def path(self) -> Path:
        """Where it was opened: the folder, or the zip of one."""
        return self._opened.folder

    @property
    def sha256(self) -> str:
        """Hash of the manifest, which holds the hash of every file: the identity of the bundle."""
        return self._opened.sha256

    @property
    def manifest(self) -> Manifest:
        """Everything that was frozen, as one record."""
        return self._opened.manifest

    @property
    def features(self) -> tuple[FrozenFeature, ...]:
        """The selected features in the order of the columns: meaning, unit, range, direction, citation."""
        return self.manifest.features

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes, positive first."""
        return self.manifest.classes

    @cached_property
    def cards(self) -> dict[str, str]:
        """Column -> its card in Markdown: what it measures, from which source, and how it behaves."""
        return {column: self._opened.text(card_file(column)) for column in sorted(self.manifest.columns)}

    @cached_property
    def model_card(self) -> str:
        """The card of the whole set, in Markdown."""
        return self._opened.text(CARD)

    def source(self, column: str) -> str:
        """Return the Python source of the extractor that measures a column.

        Raises
        ------
        InputError
            There is no such column; the message names those that there are.
        """
        for one in self.features:
            if one.column == column:
                return self._opened.source(one.extractor)
        raise InputError(f"{self.path} has no feature {column!r}; it has {', '.join(self.manifest.columns)}")

    def predict(
        self,
        data: str | Path | Sequence[Any],
        *,
        companion: str | None = None,
        workers: int | None = None,
        allow_weaker_sandbox: bool | None = None,
    ) -> "tuple[Prediction, ...]":
        """Predict images: label, probability, and what every feature added. For research only.

        Parameters
        ----------
        data : str, path, or sequence of images
            A path (an image, a folder of images, or a CSV with `path[,mask]`) is read in a process of its
            own, as `scafe predict` does. A sequence is predicted here: (H, W, C) uint8 arrays, (image, mask)
            pairs with a boolean mask, or paths of image files.
        companion : str, optional
            `onnx:FILE`: the network of a bundle that was frozen with one; each prediction then has the fused
            score beside its own. Colour and texture need none.
        workers : int, optional
            Processes that run extractors.
        allow_weaker_sandbox : bool, optional
            Go on where this host cannot hold both walls of the sandbox.

        Returns
        -------
        tuple of Prediction
            In the order of the images.

        Raises
        ------
        DatasetError
            An image cannot be read (named), or something in `data` is not an image.
        SandboxError
            The sandbox itself fails.
        """
        if isinstance(data, (str, Path)):
            host = {"workers": workers, "allow_weaker_sandbox": allow_weaker_sandbox}
            words = [] if companion is None else ["--companion", companion]
            return self._predict_apart(str(data), [*words, *host_words(host)])
        return self._predict_here(data, workers or 2, bool(allow_weaker_sandbox), companion)

    def transformer(self, *, workers: int = 2, allow_weaker: bool = False) -> "FrozenSet":
        """Return the features as a scikit-learn transformer: images in, one column per feature out.

        Examples
        --------
        >>> import scafe
        >>> from sklearn.linear_model import LogisticRegression
        >>> from sklearn.pipeline import make_pipeline
        >>> bundle = scafe.load_bundle("runs/reference/builtin/frozen")
        >>> model = make_pipeline(bundle.transformer(), LogisticRegression())
        >>> list(bundle.transformer().get_feature_names_out())[:2]
        ['flank_contrast', 'delta_mi@r001']
        """
        from scafe.evals.frozen.frozen_set import FrozenSet

        return FrozenSet(self.path, workers, allow_weaker)

    def _predict_apart(self, data: str, host: list[str]) -> "tuple[Prediction, ...]":
        from scafe.evals.frozen.predict import Prediction

        lines: list[dict[str, Any]] = []
        answer = hear_lines(lines.append, PROCESS, "predict", str(self.path), "--data", data, *host)
        if answer.said:
            warnings.warn(answer.said, stacklevel=3)
        return tuple(Prediction.model_validate(one) for one in lines)

    def _predict_here(
        self, images: Sequence[Any], workers: int, weaker: bool, spec: str | None
    ) -> "tuple[Prediction, ...]":
        from scafe.evals.frozen.beside.prediction import companion_of
        from scafe.evals.frozen.predict import predict_images
        from scafe.sandbox.pool.pool import Pool

        companion = companion_of(self._opened, spec)
        with Pool(workers, allow_weaker=weaker) as pool:
            return predict_images(self._opened, images, pool, companion)

    def _repr_html_(self) -> str:
        """Show headline and features in a notebook."""
        return bundle_page(self.path.name, self.manifest, self.sha256)


def load_bundle(path: str | Path) -> Bundle:
    """Open a frozen bundle: a folder such as `runs/RUN/frozen`, or the zip of one.

    The hash of every file is checked. No extractor runs until something is predicted, and then in the
    sandbox: a bundle is somebody else's code.

    Parameters
    ----------
    path : str or path
        The folder that a run froze, or the zip beside it.

    Returns
    -------
    Bundle
        With `features`, `cards`, `predict` and `transformer`.

    Raises
    ------
    IntegrityError
        It is no bundle, or a file of it is missing, was changed or was added (named).

    Examples
    --------
    >>> import scafe
    >>> bundle = scafe.load_bundle("runs/reference/builtin/frozen")
    >>> bundle.classes
    ('keloid', 'hypertrophic')
    >>> bundle.features[0].column, bundle.features[0].criterion, bundle.features[0].unit
    ('flank_contrast', 'height', 'log10')
    >>> sorted(bundle.cards) == sorted(bundle.manifest.columns)
    True
    """
    return Bundle(open_bundle(path))

"""A classifier's file read as plain numbers: the one pipeline that ScaFE writes, and nothing else.

skops would build whatever scikit-learn object the file describes, and a tree whose nodes point outside it
crashes the process at the first prediction. Here no object of the file is built: its schema is walked, every
node must be of a kind that our own pipeline has, and the coefficients are taken out.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from scafe.evals.data.zipped import ZipBounds, read_npy, read_zip
from scafe.evals.stored.leaves import Leaves
from scafe.evals.stored.saved_forest import FOREST, SavedForest, forest_numbers
from scafe.knowledge.contract.errors import IntegrityError
from scafe.knowledge.contract.plain_json import read_json

BOUNDS: Final = ZipBounds(entries=1024, unpacked_bytes=32 << 20)
"""A hundred classes of a thousand features have some 400 entries and 8 MiB."""
MOST_FEATURES, MOST_CLASSES = 10_000, 100
"""A pooled layer of a network that is fused with the features has some thousands."""
MOST_DEPTH: Final = 64
"""Of objects and lists in one another; ours has 24."""
TOP: Final = {"classes", "columns", "penalty", "medians", "model", "is_ordinal"}
ARRAY_TYPES: Final = ("<f8", "<i8", "<i4", "<U")
KINDS: Final = {
    "DictNode": {"builtins.dict"},
    "ListNode": {"builtins.list"},
    "TupleNode": {"builtins.tuple"},
    "JsonNode": {"builtins.str", "builtins.int", "builtins.float", "builtins.bool", "builtins.NoneType"},
    "TypeNode": {"builtins.str"},
    "NdArrayNode": {"numpy.ndarray", "numpy.float64", "numpy.int64"},
    "ObjectNode": {
        "sklearn.pipeline.Pipeline",
        "sklearn.preprocessing._data.StandardScaler",
        "sklearn.linear_model._logistic.LogisticRegression",
        "sklearn.multiclass.OneVsRestClassifier",
        "sklearn.preprocessing._label.LabelBinarizer",
    },
}
"""Loader of skops -> classes that it may name here. Kept here, never read from a bundle."""

Number = Annotated[float, Field(ge=-1e30, le=1e30, allow_inf_nan=False)]
Weight = Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]
Spread = Annotated[float, Field(gt=0, le=1e30, allow_inf_nan=False)]
Words = tuple[Annotated[str, Field(min_length=1, max_length=200)], ...]
Numbers = tuple[Number, ...]


class Linear(BaseModel):
    """One logistic model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: tuple[Weight, ...] = Field(description="log-odds per standard deviation of each feature")
    intercept: Weight


class SavedModel(BaseModel):
    """All numbers of a classifier: medians, scaling, and one logistic model or one per class or step."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    classes: Words = Field(min_length=2, max_length=MOST_CLASSES, description="positive first")
    columns: Words = Field(min_length=1, max_length=MOST_FEATURES)
    penalty: float = Field(gt=0, le=1e9, allow_inf_nan=False, description="inverse penalty C")
    is_ordinal: bool
    medians: Numbers
    means: Numbers
    scales: tuple[Spread, ...]
    variances: Numbers
    images: Number = Field(description="that the scaling was fitted on")
    models: tuple[Linear, ...] = Field(description="in the order of `order`")
    order: Words = Field(description="labels in scikit-learn's order; the steps' numbers for levels")

    @model_validator(mode="after")
    def _require_shapes(self) -> Self:
        n = len(self.columns)
        lengths = {len(one) for one in (self.medians, self.means, self.scales, self.variances)}
        if {*lengths, *(len(one.weights) for one in self.models)} != {n}:
            raise ValueError(f"its arrays are not all of {n} features")
        if len(set(self.columns)) < n or len(set(self.classes)) < len(self.classes):
            raise ValueError("a class or a feature stands twice")
        steps = tuple(str(step) for step in range(len(self.classes) - 1))
        wanted = steps if self.is_ordinal else tuple(sorted(self.classes))
        if self.order != wanted or (self.is_ordinal and len(self.classes) < 3):
            raise ValueError("the order of its models is not that of its classes")
        if len(self.models) != (1 if len(self.classes) == 2 else len(wanted)):
            raise ValueError(f"{len(self.models)} models are not one per class")
        return self


def read_saved(data: bytes, where: str) -> SavedModel | SavedForest:
    """Take the numbers out of a classifier's file, of a ridge or of a forest.

    Raises
    ------
    IntegrityError
        The file is not what `dump_classifier` writes: the message says in what.
    """
    files = read_zip(data, where, BOUNDS)
    schema = read_json(files.pop("schema.json", b""), f"{where}, schema.json")
    nodes = list(_nodes(schema, where))
    named = {str(node["file"]) for node in nodes if "file" in node}
    if named != files.keys():
        odd = sorted(named ^ files.keys())[0]
        raise IntegrityError(f"{where}: {odd!a} is an array without a name, or a name without an array")
    leaves = Leaves({name: read_npy(files[name], f"{where}, {name}", ARRAY_TYPES) for name in named}, where)
    try:
        top = schema["content"]
        if FOREST in top:
            return SavedForest(**forest_numbers(leaves, top))
        return SavedModel(**_numbers(leaves, schema))
    except ValidationError as error:
        first = error.errors()[0]
        told = ".".join(map(str, first["loc"])) + ": " + first["msg"]
        raise IntegrityError(f"{where} is not the classifier that ScaFE writes ({told})") from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise IntegrityError(f"{where} is not the classifier that ScaFE writes ({error})") from None


def _nodes(node: Any, where: str, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Yield every node of a schema; refuse one that our pipeline does not have."""
    if depth > MOST_DEPTH:
        raise IntegrityError(f"{where} is nested deeper than {MOST_DEPTH}; ours has 24")
    if isinstance(node, dict) and "__class__" in node:
        name = f"{node.get('__module__')}.{node['__class__']}"
        if name not in KINDS.get(str(node.get("__loader__")), ()):
            raise IntegrityError(
                f"{where} holds {name!a} (as {node.get('__loader__')!a}), which no classifier of ScaFE has; "
                "do not use it: ask for the bundle again from where it was frozen"
            )
        yield node
        for key in ("content", "key_types"):
            yield from _nodes(node.get(key), where, depth + 1)
    elif isinstance(node, (dict, list)):
        for one in node.values() if isinstance(node, dict) else node:
            if isinstance(one, (dict, list)):
                yield from _nodes(one, where, depth + 1)


def _numbers(leaves: Leaves, schema: Any) -> dict[str, Any]:
    top = schema["content"]
    if unknown := sorted(top.keys() - TOP):
        raise ValueError(f"it holds {unknown[0]!a}")
    (scale_name, scale), (last_name, last) = (
        step["content"] for step in top["model"]["content"]["content"]["steps"]["content"]
    )
    if (leaves.plain(scale_name), leaves.plain(last_name)) != ("scale", "classify"):
        raise ValueError("its steps are not scale and classify")
    _require_class(scale, "StandardScaler")
    scaler = scale["content"]["content"]
    if leaves.plain(scaler["with_mean"]) is not True or leaves.plain(scaler["with_std"]) is not True:
        raise ValueError("its scaling is not by mean and standard deviation")
    return {
        "classes": [leaves.plain(one) for one in top["classes"]["content"]],
        "columns": [leaves.plain(one) for one in top["columns"]["content"]],
        "penalty": leaves.plain(top["penalty"]),
        "is_ordinal": leaves.plain(top["is_ordinal"]) if "is_ordinal" in top else False,
        "medians": leaves.row(top["medians"]),
        "means": leaves.row(scaler["mean_"]),
        "scales": leaves.row(scaler["scale_"]),
        "variances": leaves.row(scaler["var_"]),
        "images": leaves.number(scaler["n_samples_seen_"]),
        **_models(leaves, last),
    }


def _models(leaves: Leaves, node: Any) -> dict[str, Any]:
    content = node["content"]["content"]
    if node["__class__"] == "LogisticRegression":
        return {"models": [_linear(leaves, node)], "order": leaves.texts(content["classes_"])}
    _require_class(node, "OneVsRestClassifier")
    labels = content["label_binarizer_"]["content"]["content"]["classes_"]
    models = [_linear(leaves, one) for one in content["estimators_"]["content"]]
    return {"models": models, "order": leaves.texts(labels)}


def _linear(leaves: Leaves, node: Any) -> dict[str, Any]:
    _require_class(node, "LogisticRegression")
    content = node["content"]["content"]
    weights, intercept = leaves.array(content["coef_"]), leaves.row(content["intercept_"])
    if weights.ndim != 2 or len(weights) != 1 or len(intercept) != 1:
        raise ValueError("one of its models has not one row of coefficients")
    return {"weights": weights[0].tolist(), "intercept": intercept[0]}


def _require_class(node: Any, name: str) -> None:
    if node["__class__"] != name:
        raise ValueError(f"a {node['__class__']} stands where a {name} belongs")

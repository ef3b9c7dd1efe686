"""What an extractor may say: the language wall as data, each rule with its reason.

What is *not* covered: memory errors inside the C code of allowed functions, time and memory spent,
what the returned numbers encode (values are a channel, some 30 bits a feature after rounding), and
how long a call takes. `jail` contains the first two; nothing here or there stops the last two.
This wall alone is not a boundary, and it is never used alone.
"""

from dataclasses import dataclass
from typing import Final

from scafe.sandbox.language.members import MEMBERS, members_of


@dataclass(frozen=True)
class Reason:
    """Why something is refused, and the way out."""

    why: str
    """One clause, present tense: 'reads or writes files'."""
    instead: str
    """What to write instead, as an instruction."""


@dataclass(frozen=True)
class SourceLimits:
    """How large a source may be before it is even parsed into meaning."""

    characters: int = 65_536
    nodes: int = 20_000
    depth: int = 80
    integer: int = 2**63


SOURCE_LIMITS: Final = SourceLimits()

MODULE_LEVEL: Final = ("Import", "ImportFrom", "FunctionDef", "ClassDef", "Assign", "AnnAssign")
"""Statements at module level; a docstring is allowed too."""

NODES: Final[dict[str, str]] = {
    "structure": "Module FunctionDef ClassDef Return Lambda arguments arg keyword alias Import ImportFrom "
    "Expr Pass",
    "assignment": "Assign AnnAssign AugAssign Delete NamedExpr Name Store Load Del Starred Attribute "
    "Subscript Slice",
    "control": "If For While Break Continue With withitem Raise Try ExceptHandler Assert Yield YieldFrom",
    "values": "Constant JoinedStr FormattedValue List Tuple Set Dict ListComp SetComp DictComp GeneratorExp "
    "comprehension IfExp Call",
    "operators": "BoolOp BinOp UnaryOp Compare And Or Add Sub Mult Div FloorDiv Mod Pow LShift RShift BitOr "
    "BitXor BitAnd MatMult UAdd USub Not Invert Eq NotEq Lt LtE Gt GtE Is IsNot In NotIn",
}
"""Syntax that is allowed, by `ast` node name; all other syntax is refused."""

REFUSED_NODES: Final[dict[str, Reason]] = {
    "Global": Reason("it would carry state from one image to the next", "pass the value as an argument"),
    "Nonlocal": Reason("it hides state in a closure", "return the new value, or keep it in a list"),
    "Match": Reason("class patterns read attributes by name at run time", "write if/elif"),
    "TryStar": Reason("it can confuse types in CPython", "write a plain except with one exception"),
    "AsyncFunctionDef": Reason("there is no event loop", "write a plain function"),
    "Await": Reason("there is no event loop", "call the function directly"),
    "AsyncFor": Reason("there is no event loop", "write a plain for loop"),
    "AsyncWith": Reason("there is no event loop", "write a plain with statement"),
}

BUILTINS: Final = tuple(
    """abs all any bool callable chr complex dict divmod enumerate filter float frozenset int
        isinstance issubclass iter len list map max min next ord pow range repr reversed round set
        slice sorted str sum tuple zip getattr hasattr print object""".split()
)
"""`getattr` and `hasattr` take a literal attribute name only, so every attribute is known before the
first pixel; `print` does nothing; `object` serves as a base class alone."""

EXCEPTIONS: Final = (
    "ArithmeticError",
    "AssertionError",
    "AttributeError",
    "Exception",
    "FloatingPointError",
    "IndexError",
    "KeyError",
    "LinAlgError",
    "LookupError",
    "MemoryError",
    "NameError",
    "NotImplementedError",
    "OverflowError",
    "RecursionError",
    "RuntimeError",
    "StopIteration",
    "TypeError",
    "UnboundLocalError",
    "ValueError",
    "ZeroDivisionError",
    "error",
    "QhullError",
)
"""The only exception classes that are ever named outside the worker (`error` is cv2.error); any other
is reported as `Exception`. The order is part of the reply format: append, never reorder."""

CATCHABLE: Final = frozenset(EXCEPTIONS) - {"MemoryError", "QhullError"}
"""What `except` and `raise` may name. A swallowed MemoryError would hide the memory limit."""

UNBINDABLE: Final = (CATCHABLE - {"error", "LinAlgError"}) | {"object", "getattr", "hasattr", "print_nothing"}
"""Names that an extractor may not give another meaning."""

ATTRIBUTES: Final[dict[str, str]] = {
    "arrays and scalars": """T all any argmax argmin argpartition argsort astype choose clip
        compress conj conjugate copy cumprod cumsum diagonal dot dtype fill flat flatten imag item
        itemsize kind max mean min name nbytes ndim nonzero partition prod ptp put ravel real repeat
        reshape round searchsorted shape size sort squeeze std strides sum swapaxes take tolist
        trace transpose var mT""",
    "ufuncs and number types": "accumulate at outer reduce reduceat bits eps max min tiny smallest_normal",
    "lists, dicts, sets": """append extend insert pop remove index count sort reverse clear keys
        values items get update setdefault popitem copy fromkeys add discard union intersection
        difference symmetric_difference issubset issuperset isdisjoint intersection_update
        difference_update appendleft popleft extendleft rotate maxlen most_common elements total
        move_to_end""",
    "text": """join split rsplit strip lstrip rstrip lower upper title capitalize startswith
        endswith replace find rfind zfill center ljust rjust isdigit isalpha isalnum isnumeric
        isupper islower partition rpartition splitlines removeprefix removesuffix""",
    "numbers": "bit_length bit_count is_integer as_integer_ratio numerator denominator start stop step",
    "exceptions": "args",
    "OpenCV objects": "apply collectGarbage setClipLimit setTilesGridSize getClipLimit",
    "regions": """area area_bbox area_convex area_filled axis_major_length axis_minor_length bbox
        bbox_area centroid centroid_local centroid_weighted centroid_weighted_local convex_area
        convex_image coords coords_scaled eccentricity equivalent_diameter equivalent_diameter_area
        euler_number extent feret_diameter_max filled_area filled_image image image_convex
        image_filled image_intensity inertia_tensor inertia_tensor_eigvals intensity_image
        intensity_max intensity_mean intensity_median intensity_min intensity_std label
        local_centroid major_axis_length max_intensity mean_intensity min_intensity
        minor_axis_length moments moments_central moments_hu moments_normalized moments_weighted
        moments_weighted_central moments_weighted_hu moments_weighted_normalized num_pixels
        orientation perimeter perimeter_crofton slice solidity weighted_centroid
        weighted_local_centroid""",
    "results of statistics": """statistic pvalue correlation slope intercept rvalue stderr
        intercept_stderr low_slope high_slope mode count nobs minmax mean variance skewness kurtosis
        bin_edges binnumber counts lower upper slopes""",
    "results of linear algebra": "U S Vh Q R sign logabsdet eigenvalues eigenvectors",
    "geometry and interpolation": """vertices simplices volume points equations neighbors
        find_simplex query query_pairs query_ball_point count_neighbors evaluate integrate integral
        derivative derivatives antiderivative roots ev pdf n m""",
    "random generator": "integers random normal uniform choice permutation permuted shuffle "
    "standard_normal poisson",
}
"""Attribute names that are harmless on *every* object an extractor can reach; they compile to plain
attribute access. Members of facades and of the extractor's own classes are allowed besides."""

CLASS_ATTRIBUTES: Final[dict[str, str]] = {
    "dict": "fromkeys",
    "str": "lower upper strip lstrip rstrip title capitalize isdigit isalpha isalnum",
}
"""What may be read of a class itself (`dict.fromkeys`, `key=str.lower`), each bound to its own type. Any
other attribute of a class that the extractor did not define is refused, whatever the name: on a class,
the name of a value is a descriptor and a method takes whatever it is given as `self`."""

REFUSED_ATTRIBUTES: Final[dict[str, Reason]] = {
    "format": Reason("a format string can read any attribute", "write an f-string"),
    "format_map": Reason("a format string can read any attribute", "write an f-string"),
    "view": Reason("it reinterprets bytes", "convert with .astype(...)"),
    "tobytes": Reason("it exposes raw memory", "work on the array itself"),
    "base": Reason("it leads to memory outside the image", "work on the image itself"),
    "data": Reason("it leads to raw memory", "work on the array itself"),
    "ctypes": Reason("it exposes addresses", "work on the array itself"),
    "flags": Reason("it can make the shared image writable", "work on image.copy()"),
    "setflags": Reason("it can make the shared image writable", "work on image.copy()"),
    "tofile": Reason("it writes files", "return numbers from extract()"),
    "dump": Reason("it writes files", "return numbers from extract()"),
    "dumps": Reason("it pickles objects", "return numbers from extract()"),
    "obj": Reason("it leads from an exception to a module", "raise or ignore the exception"),
    "type": Reason("it leads to classes", "compare .dtype instead"),
    "encode": Reason("text needs no bytes here", "leave it out"),
    "decode": Reason("text needs no bytes here", "leave it out"),
    "translate": Reason("it calls methods by protocol", "use .replace(...)"),
    "mro": Reason("it leads to classes", "leave it out"),
    "getfield": Reason("it reinterprets bytes", "use .astype(...)"),
    "setfield": Reason("it reinterprets bytes", "assign to a slice"),
    "newbyteorder": Reason("it reinterprets bytes", "use .astype(...)"),
    "byteswap": Reason("it reinterprets bytes", "use .astype(...)"),
    "with_traceback": Reason("it handles stack frames", "raise the exception as it is"),
    "add_note": Reason("it carries text out of the sandbox", "put the words into the exception"),
}

REFUSED_NAMES: Final[dict[str, Reason]] = {
    "id": Reason("addresses differ from run to run", "compare with == or use an index"),
    "hash": Reason("hashes differ from run to run", "use the value itself"),
    "type": Reason("it leads to classes", "use isinstance(value, float) or .dtype"),
    "open": Reason("an extractor sees only its image and mask", "compute from image and mask"),
    "input": Reason("nobody is there to answer", "use a named constant"),
    "eval": Reason("it runs text as code", "write the expression itself"),
    "exec": Reason("it runs text as code", "write the statements themselves"),
    "compile": Reason("it runs text as code", "write the statements themselves"),
    "globals": Reason("it exposes the module's namespace", "use the names directly"),
    "locals": Reason("it exposes the namespace", "use the names directly"),
    "vars": Reason("it exposes an object's insides", "name the attributes"),
    "dir": Reason("it exposes an object's insides", "name the attributes"),
    "setattr": Reason("it changes objects by name", "write self.name = value"),
    "delattr": Reason("it changes objects by name", "leave it out"),
    "super": Reason("classes here have no base to call", "write a plain class or a function"),
    "staticmethod": Reason("classes here are plain", "write a module-level function"),
    "classmethod": Reason("classes here are plain", "write a module-level function"),
    "property": Reason("classes here are plain", "write a method"),
    "bytes": Reason("raw memory is not needed", "use a uint8 array"),
    "bytearray": Reason("raw memory is not needed", "use a uint8 array"),
    "memoryview": Reason("it exposes raw memory", "use a uint8 array"),
    "BaseException": Reason("it would swallow the time limit", "write except Exception"),
    "SystemExit": Reason("it would end the worker", "raise ValueError(...)"),
    "KeyboardInterrupt": Reason("it would end the worker", "raise ValueError(...)"),
    "MemoryError": Reason("a swallowed memory limit hides itself", "use smaller arrays"),
    "getattr": Reason("the attribute must be known before the first pixel", 'write getattr(value, "name")'),
    "hasattr": Reason("the attribute must be known before the first pixel", 'write hasattr(value, "name")'),
}

FAMILIES: Final[tuple[tuple[str, Reason], ...]] = (
    (
        r"(load|save|savez\w*|savetxt|loadtxt|genfromtxt|fromfile|tofile|fromregex|memmap|open_memmap|DataSource"
        r"|im(read|write|save)\w*|FileStorage|Video\w+|haveImage\w+|imcount|read\w*|write\w*|Cascade\w*|dump\w*)",
        Reason("reads or writes files", "compute from image and mask"),
    ),
    (
        r"(rand\w*|seed|shuffle|permutation|choice|normal|uniform|setRNGSeed|theRNG|RandomState|get_state)",
        Reason("uses a random state that is shared by all calls", "use np.random.default_rng(0)"),
    ),
    (
        r"(seterr\w*|set_printoptions|printoptions|setNumThreads|setUseOptimized|setbufsize|redirectError)",
        Reason("changes a setting that outlives the call", "use np.errstate(...) or leave it out"),
    ),
    (
        r"(frombuffer|fromstring|frompyfunc|fromiter|as_strided|ctypes\w*|ndpointer|nditer|recarray|rec|void"
        r"|object_|getbuffer|asarray_chkfinite|bmat|matrix|require|from_dlpack|may_share_memory|shares_memory)",
        Reason("handles raw memory or objects", "use np.zeros, np.array or sliding_window_view"),
    ),
    (
        r"(os|sys|io|lib|core|ma|testing|f2py|builtins|importlib|ctypeslib|functools|operator|string|warnings"
        r"|subprocess|distutils|typing|misc|data|utils|samples|gapi|dnn|ml|ocl|cuda|parallel|videoio_registry)",
        Reason("is a module outside the allowed list", "import one of the allowed modules"),
    ),
    (
        r"(\w*[wW]orkers?|apply_parallel|ThreadPool\w*|brute|differential_evolution)",
        Reason("starts threads or processes", "write a plain loop"),
    ),
    (
        r"(imshow|waitKey\w*|namedWindow|destroy\w+|show\w*|getBuildInformation|getTick\w+|get_include|info)",
        Reason("talks to the host", "leave it out"),
    ),
)
"""Reasons for members that are not on the list, by the shape of their name (full match)."""

DEFAULT_REASON: Final = Reason(
    "is not on the list of allowed functions", "use a function from the allowed list"
)

GUARD_NAMES: Final = (
    "_getattr_",
    "_write_",
    "_own_",
    "_type_",
    "_plain_",
    "_readable_",
    "_shown_",
    "_percent_",
    "_casting_",
    "_options_",
    "__metaclass__",
)
"""Names that the compiled extractor calls; leading underscores keep the source from binding them."""

CLASS_METHODS: Final = frozenset({"__init__"})
"""Special methods that an extractor's own class may define."""

EXCEPTION_BASES: Final = ("Exception", "ValueError", "RuntimeError")

METHODS: Final = frozenset(" ".join(ATTRIBUTES.values()).split()) - frozenset(REFUSED_ATTRIBUTES)

JUDGED: Final = frozenset({"args", "astype", "fill", "fromkeys", "put"})
"""Names among them that are read through a guard, since what they give depends on what they are given."""

FACADE_MEMBERS: Final = frozenset(name for module in MEMBERS for name in members_of(module))
"""Every name that some facade offers (the upper-case cv2 constants are recognised by their shape)."""


def allows_node(name: str) -> bool:
    """Whether syntax of this `ast` class may be used."""
    return name in _NODE_NAMES


_NODE_NAMES: Final = frozenset(" ".join(NODES.values()).split())

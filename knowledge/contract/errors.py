"""Every exception that ScaFE raises on purpose, in one tree.

The extractor's fault is data (`scafe.sandbox.probes.verdict.Finding`); only the machine's or the
caller's fault is an exception, and no exception text ever reaches a model::

    ScafeError                       base; carries the exit code of the command line
    ├── InputError            (2)    what the caller gave cannot be used
    │   ├── PackError                a criteria pack has a wrong field, or no such pack exists
    │   ├── ContractError            a text is not an extractor
    │   ├── DatasetError             an image, mask, label or manifest row cannot be used
    │   └── SettingsError            an option, environment variable or scafe.toml is wrong
    ├── WaitingError          (3)    the run needs a person or a reply file before it goes on
    ├── IntegrityError        (4)    a stored byte is not what was recorded
    │   ├── SealError                the held-out test set was opened before, or its file changed
    │   ├── DisclosureError          something that may not leave was about to leave `evals/`
    │   └── EgressError              something that may not be sent was about to be sent
    ├── ModelError            (5)    the model's endpoint failed after its retries
    │   └── BudgetError              a cap on calls, tokens, money or time would be passed
    └── SandboxError          (6)    the sandbox itself failed, or the host cannot hold its walls

A caller who wants one sentence for a person writes::

    try:
        ...
    except ScafeError as error:
        print(error, file=sys.stderr)
        raise SystemExit(error.exit_code)
"""


class ScafeError(Exception):
    """Base of every fault that ScaFE reports on purpose."""

    exit_code = 1


class InputError(ScafeError):
    """What the caller gave cannot be used; the message says where and the way out."""

    exit_code = 2


class PackError(InputError):
    """A criteria pack is unknown or has a wrong field."""


class ContractError(InputError):
    """A text does not keep the extractor contract."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message if line is None else f"line {line}: {message}")
        self.line = line


class DatasetError(InputError):
    """An image, mask, label, patient or manifest row cannot be used."""


class SettingsError(InputError):
    """An option, a `SCAFE_*` variable or a line of scafe.toml is wrong."""


class WaitingError(ScafeError):
    """The run waits for a person's decision or a reply file; nothing failed."""

    exit_code = 3


class IntegrityError(ScafeError):
    """A stored byte differs from what was recorded."""

    exit_code = 4


class SealError(IntegrityError):
    """The held-out test set was opened before, or what it covers has changed."""


class DisclosureError(IntegrityError):
    """A value outside the disclosure schema was about to leave the layer that holds patients."""


class EgressError(IntegrityError):
    """A payload that is not a brief, or above the run's egress level, was about to be sent."""


class ModelError(ScafeError):
    """The model's endpoint failed after its retries."""

    exit_code = 5


class BudgetError(ModelError):
    """The next call would pass a cap on calls, tokens, money or seconds."""


class SandboxError(ScafeError):
    """The sandbox itself failed, or this host cannot hold its walls."""

    exit_code = 6

"""The warnings for settings that nothing reads.

Alone in their file, since `scafe --help` must be quick.
"""


class UnreadWarning(UserWarning):
    """A setting stands somewhere and does not count."""


class UnreadVariableWarning(UnreadWarning):
    """A `SCAFE_…` variable is set that nothing reads: perhaps a typing error, perhaps another version's."""


class UnreadFileWarning(UnreadWarning):
    """A `scafe.toml` lies in a run folder or a bundle, which may be somebody else's: it is not read."""

"""The warning for a `SCAFE_…` variable that nothing reads.

Alone in its file, since `scafe --help` must be quick.
"""


class UnreadVariableWarning(UserWarning):
    """A `SCAFE_…` variable is set that nothing reads: perhaps a typing error, perhaps another version's."""

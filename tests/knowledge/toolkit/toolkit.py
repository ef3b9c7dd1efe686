"""The toolkit by the name under which measures import it, where a test runs one in this process."""

from scafe.knowledge.toolkit import *  # noqa: F403

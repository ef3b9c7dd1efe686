"""One thread at a time may turn Python text into a syntax tree.

CPython keeps the depth of the tree under construction per interpreter, so threads that parse at once end
now and then in `SystemError: AST constructor recursion depth mismatch` (python/cpython issue 106905; met
on 3.11.7). Drafts run in parallel branches; what is slow in them is waiting for an endpoint, never parsing.
"""

import threading

one_at_a_time = threading.RLock()

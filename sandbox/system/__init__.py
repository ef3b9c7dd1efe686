"""The operating-system wall: rlimits, seccomp, Landlock, namespaces, self-attacks, and the doctor.

Made from the host's kernel by ctypes. Knows nothing of the language wall, so that each holds alone.
"""

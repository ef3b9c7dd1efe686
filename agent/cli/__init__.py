"""The `scafe` command: one file for each noun. A thin face of what the other rooms do.

Made from the loop and the terminal. Nobody imports it.
"""

"""Configuration: the command line over SCAFE_* over scafe.toml over defaults, and how calls are spread.

Made from files and the environment. Every later room may import it.
"""

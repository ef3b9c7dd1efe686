"""Commands on a recorded run: list, show, verify, take over, look at in a browser."""

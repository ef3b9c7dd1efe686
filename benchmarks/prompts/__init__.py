"""How long prompts are, part by part and round by round; `python -m benchmarks.prompts` prints it."""

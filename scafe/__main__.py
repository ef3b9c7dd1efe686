"""`python -m scafe`: the `scafe` command."""

from scafe.agent.cli.main import main

if __name__ == "__main__":
    main()

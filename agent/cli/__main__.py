"""`python -m scafe.agent.cli`: the `scafe` command."""

from scafe.agent.cli.main import main

if __name__ == "__main__":
    main()

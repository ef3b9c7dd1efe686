"""The methods of a run, in a process of its own: `python -m scafe.evals.processes.methods BUNDLE REPORT`.

It opens no image. It stands here because what writes reports belongs to the layer that the command line
reaches through processes alone.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from scafe.evals.frozen.bundle import open_bundle
from scafe.evals.report.blocks import report_body, to_markdown
from scafe.evals.report.methods import RunFacts, methods_report
from scafe.knowledge.contract.errors import ScafeError
from scafe.knowledge.contract.inert import inert_lines
from scafe.knowledge.contract.inside import read_inside
from scafe.knowledge.contract.plain_json import read_json

MOST_REPORT_BYTES = 64 << 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the methods as one JSON document; return the exit code of the command line."""
    parser = argparse.ArgumentParser(prog="scafe.evals.processes.methods", description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("report", type=Path)
    parser.add_argument("--facts", required=True, type=RunFacts.model_validate_json)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    try:
        print(json.dumps(_document(options)))
    except ScafeError as error:
        print(json.dumps({"error": type(error).__name__, "message": str(error)}))
        print(f"scafe: {inert_lines(str(error))}", file=sys.stderr)
        return error.exit_code
    return 0


def _document(options: argparse.Namespace) -> dict[str, object]:
    data = read_inside(options.report.parent, options.report.name, MOST_REPORT_BYTES)
    told = read_json(data, str(options.report))
    made = methods_report(open_bundle(options.bundle).manifest, options.facts, told)
    return {"methods": made.model_dump(mode="json"), "markdown": report_body(to_markdown(made, ""))}


if __name__ == "__main__":
    sys.exit(main())

"""The gate's self-test in a process of its own: `python -m scafe.evals.selftest_process --n 80 --json`.

The command line starts it and puts its answer into words.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict

from scafe.evals.selftest import LEAST_GAIN, MOST_NOISE, RULES, GateSelftest, selftest_gate


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the rules and print one JSON document; return 1 if the gate does not hold."""
    options = _parser().parse_args(arguments)
    found = selftest_gate(options.noise, options.n, options.reps, options.useful, seed=options.seed)
    asked = options.useful == 0
    print(json.dumps(_document(found, asked), sort_keys=True))
    return 1 if asked and not found.has_passed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scafe.evals.selftest_process", description=__doc__)
    parser.add_argument("--noise", type=int, default=40)
    parser.add_argument("--n", type=int, default=80)
    parser.add_argument("--reps", type=int, default=100)
    parser.add_argument("--useful", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="accepted for symmetry; it is all there is")
    return parser


def _document(found: GateSelftest, asked: bool) -> dict[str, object]:
    return {
        **asdict(found),
        "rules": len(RULES),
        "best": found.best,
        "bounds": {"noise_kept": MOST_NOISE, "gain": LEAST_GAIN},
        "passed": found.has_passed if asked else None,
    }


if __name__ == "__main__":
    raise SystemExit(main())

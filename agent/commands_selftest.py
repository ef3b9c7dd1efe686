"""Commands that try ScaFE's own guards where the truth is known."""

from typing import Any

import click

from scafe.agent.offline import ask_offline
from scafe.agent.terminal import Terminal, speaks


@click.group()
def selftest() -> None:
    """Try ScaFE's own guards on this machine.

    \b
    Example:
      scafe selftest gate --reps 5
    """


@selftest.command()
@click.option(
    "--noise", type=click.IntRange(1, 500), default=40, show_default=True, help="Features proposed."
)
@click.option(
    "--n", type=click.IntRange(20, 5000), default=80, show_default=True, help="Development patients."
)
@click.option(
    "--reps", type=click.IntRange(1, 10000), default=100, show_default=True, help="Simulated studies."
)
@click.option(
    "--useful",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="Share of the proposed features that do separate the classes.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Same seed, same studies."
)
@speaks
def gate(terminal: Terminal, **numbers: Any) -> None:
    """Measure what the gate and other rules keep of pure noise, and what that costs.

    Without useful features the gate must keep at most 1.0 of them on average and lose at most .03 of true
    AUC; it exits with 1 if it does not.

    \b
    Example:
      scafe selftest gate --noise 40 --n 80 --reps 100
    """
    words = [word for name, value in numbers.items() for word in (f"--{name}", str(value))]
    terminal.say(f"{numbers['reps']} studies of {numbers['n']} patients, nine rules; some seconds a study")
    answer = ask_offline(terminal, "scafe.evals.check_process", "gate", *words)
    found = answer.document
    columns = ("rule", "noise kept", "useful kept", "true AUC", "gain (SE)", "optimism")
    terminal.table(found, columns, (_row(one) for one in found["rows"]))
    if numbers["useful"] == 0:
        terminal.say("the gate keeps noise out" if found["ok"] else "the gate DOES NOT HOLD on these studies")
    click.get_current_context().exit(answer.exit_code)


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    return (
        one["rule"],
        f"{one['noise_kept']:.2f}",
        f"{one['useful_kept']:.2f}",
        f"{one['true_auc']:.3f}",
        f"{one['gain']:+.3f} ({one['gain_se']:.3f})"
        if one["gain_se"] == one["gain_se"]
        else f"{one['gain']:+.3f}",
        f"{one['optimism']:+.3f}",
    )

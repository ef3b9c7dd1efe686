"""Commands that try ScaFE's own guards where the truth is known."""

from typing import Any

import click

from scafe.agent.cli.options import HOST_OPTIONS, options
from scafe.agent.terminal.offline import ask_offline
from scafe.agent.terminal.terminal import Terminal, speaks


@click.group()
def selftest() -> None:
    """Try ScaFE's own guards on this machine.

    \b
    Example:
      scafe selftest sandbox
      scafe selftest gate --reps 5
    """


@selftest.command()
@click.option(
    "--hang", type=click.IntRange(1, 1000), default=6, show_default=True, help="Endless loops to end."
)
@options(HOST_OPTIONS[1:])
@speaks
def sandbox(terminal: Terminal, hang: int, **host: Any) -> None:
    """Let endless loops run into the limit, kill a host in the middle of one, and count what is left.

    Python, C code and an `except` that swallows, in turn. Each must end within its limit and one second, and
    no process may survive; exits with 6 if that does not hold.

    \b
    Example:
      scafe selftest sandbox --hang 50
    """
    from scafe.agent.settings.settings import load_settings
    from scafe.sandbox.pool.selftest import selftest_hang

    settings = load_settings({key: value for key, value in host.items() if value is not None}).settings
    terminal.say(f"{hang} endless loops of a second each, then a host that is killed")
    found = selftest_hang(hang, allow_weaker=settings.allow_weaker_sandbox, backend=settings.sandbox)
    lines = [
        f"{found.loops} loops ended, the slowest after {found.slowest_seconds:.2f} s "
        f"(limit {found.limit_seconds:.0f} s + 1 s)",
        f"each came back as a timeout: {'yes' if found.all_timeouts else 'NO'}",
        f"processes left: {found.survivors} after closing, {found.survivors_of_kill} after kill -9 of a host",
        "passed" if found.passed else "DID NOT PASS",
    ]
    terminal.answer({**found.model_dump(mode="json"), "ok": found.passed}, "\n".join(lines))
    click.get_current_context().exit(0 if found.passed else 6)


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
    answer = ask_offline(terminal, "scafe.evals.processes.check", "gate", *words)
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

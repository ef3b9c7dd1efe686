"""Commands about the machine and its configuration."""

import importlib.util
import os
import platform
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scafe.agent.terminal.terminal import Terminal, speaks

if TYPE_CHECKING:
    from scafe.sandbox.system.doctor import SandboxReport

EXTRAS = {"dicom": "pydicom", "nifti": "nibabel", "parquet": "pyarrow", "postgres": "psycopg"}
FREE_GB = 1.0
"""A run with its caches stays far below; less than this is worth a warning."""
STATES = {"active": "ok", "unavailable": "warn", "failed": "fail"}


@click.group(invoke_without_command=True)
@click.option(
    "--sandbox", type=click.Choice(["local", "bwrap", "docker", "gvisor"]), help="Inspect this backend."
)
@speaks
def doctor(terminal: Terminal, sandbox: str | None) -> None:
    """Say what this machine can hold.

    One line for each layer of the sandbox, tried against an attack of its own, and the tier: A all layers,
    A- without namespaces, B without Landlock, C too weak. Exits with 6 at tier C.

    \b
    Example:
      scafe doctor
      scafe doctor --json | jq -r .tier
    """
    if click.get_current_context().invoked_subcommand is not None:
        return
    from scafe.agent.settings.settings import load_settings
    from scafe.sandbox.system.backends import local_prefix
    from scafe.sandbox.system.doctor import inspect_host

    settings = load_settings().settings
    backend = sandbox or settings.sandbox
    report = inspect_host(local_prefix(backend), backend)
    checks = [*_machine(settings.out), *_layers(report)]
    document = {"ok": report.is_strong_enough, "tier": report.tier, "backend": backend, "checks": checks}
    lines = [f"{one['status']:<5}{one['name']}: {one['detail']}" for one in checks]
    verdict = "strong enough" if report.is_strong_enough else "too weak"
    terminal.answer(document, "\n".join([*lines, f"sandbox tier {report.tier} ({backend}): {verdict}"]))
    if not report.is_strong_enough:
        terminal.say(report.refusal())
        click.get_current_context().exit(6)


@doctor.command("model")
@click.option("--model", help="openai:NAME; by default the configured one.")
@click.option("--base-url", help="An OpenAI-compatible endpoint, e.g. http://localhost:11434/v1.")
@click.option(
    "--context-tokens",
    type=click.IntRange(min=512),
    default=16384,
    show_default=True,
    help="Length of the long prompt that must be taken whole.",
)
@click.option(
    "--max-reply-tokens",
    type=click.IntRange(16, 1_000_000),
    help="Longest reply that is asked for.  [default: 8192, or as configured]",
)
@click.option("--temperature", type=click.FloatRange(0, 2), help="Sent to the model, as a run would.")
@speaks
def doctor_model(terminal: Terminal, context_tokens: int, **typed: Any) -> None:
    """Ask an endpoint three times and say whether a run can use it.

    Usage, finish reason, longest reply, context length. Sends a brief about a made-up criterion, nothing
    of yours; costs about 22,000 tokens at the default length. Exits with 5 if it cannot be used.

    \b
    Example:
      scafe doctor model --model openai:qwen3-coder --base-url http://localhost:11434/v1
    """
    from scafe.agent.settings.settings import load_settings
    from scafe.agent.terminal.preflight import require_endpoint

    settings = load_settings({key: value for key, value in typed.items() if value is not None}).settings
    kind, _, name = settings.model.partition(":")
    if kind != "openai":
        raise click.UsageError(
            f"model {settings.model!r} asks no endpoint; name one with --model openai:NAME."
        )
    if notice := require_endpoint(settings.model, settings.base_url):
        terminal.say(notice)
    from scafe.agent.drafters.endpoint_check import probe_model

    found = probe_model(
        name,
        settings.base_url,
        context_tokens=context_tokens,
        max_reply_tokens=settings.max_reply_tokens,
        temperature=settings.temperature,
    )
    lines = [f"{one.status:<5}{one.name}: {one.told}" for one in found.checks]
    verdict = "usable" if found.is_usable else "not usable"
    document = {**found.model_dump(mode="json"), "ok": found.is_usable}
    terminal.answer(document, "\n".join([*lines, f"{found.model} at {found.host}: {verdict}"]))
    click.get_current_context().exit(0 if found.is_usable else 5)


@click.group()
def config() -> None:
    """Show the configuration.

    \b
    Example:
      scafe config show
    """


@config.command("show")
@speaks
def show_config(terminal: Terminal) -> None:
    """Show every setting, its value and where the value came from.

    The command line wins over SCAFE_* variables, these over scafe.toml, and that over the defaults.

    \b
    Example:
      SCAFE_SEED=7 scafe config show
      scafe config show --json | jq .seed.origin
    """
    from scafe.agent.settings.settings import load_settings

    shown = load_settings().shown()
    terminal.table(
        shown,
        ("setting", "value", "origin"),
        ((key, _plain(one["value"]), one["origin"]) for key, one in shown.items()),
    )


def _plain(value: object) -> str:
    return "-" if value in (None, "") else str(value)


def _check(status: str, name: str, detail: str) -> dict[str, Any]:
    return {"status": status, "name": name, "detail": detail}


def _machine(out: Path) -> list[dict[str, Any]]:
    there = next(path for path in (out.absolute(), *out.absolute().parents) if path.exists())
    free = shutil.disk_usage(there).free / 1e9
    have = [name for name, module in EXTRAS.items() if importlib.util.find_spec(module)]
    return [
        _check("ok", "python", f"{platform.python_version()} at {sys.prefix}"),
        _check("ok", "system", f"{platform.system()} {platform.release()}, {os.cpu_count()} cores"),
        _check("ok" if free >= FREE_GB else "warn", "disk", f"{free:.1f} GB free for {out}"),
        _check("ok", "extras", ", ".join(have) or "none installed"),
    ]


def _layers(report: "SandboxReport") -> list[dict[str, Any]]:
    return [
        _check(
            STATES[layer.state], layer.name, f"{layer.state}" + (f", {layer.detail}" if layer.detail else "")
        )
        for layer in report.layers
    ]

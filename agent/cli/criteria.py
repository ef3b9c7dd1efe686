"""Commands about what is measured: criteria packs, and one extractor judged over phantoms."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scafe.agent.cli.options import HOST_OPTIONS, ignore_columns_option, options
from scafe.agent.terminal.terminal import Terminal, speaks

if TYPE_CHECKING:
    from scafe.knowledge.criteria.pack import CriteriaPack
    from scafe.sandbox.probes.regions.verdict import LocatorVerdict
    from scafe.sandbox.probes.verdict import Verdict


@click.group()
def criteria() -> None:
    """List, show and check criteria packs.

    \b
    Example:
      scafe criteria show scar.vss
    """


@criteria.command("list")
@speaks
def list_packs(terminal: Terminal) -> None:
    """List every pack that can be named: shipped and plugged in.

    \b
    Example:
      scafe criteria list --json | jq -r '.[].id'
    """
    from scafe.knowledge.criteria.pack import pack_names

    heads = [_head_or_fault(name) for name in pack_names()]
    columns = ("pack", "version", "purpose", "image", "criteria", "title")
    terminal.table(heads, columns, (_row(head) for head in heads))


@criteria.command("check")
@click.argument("pack")
@click.option("--strict", is_flag=True, help="Exit with 2 on faults that would only show later.")
@speaks
def check_pack(terminal: Terminal, pack: str, strict: bool) -> None:
    """Check a pack: first its own fields, then what it points at.

    A wrong field exits with 2 and names field and line. Measures, dials, citations and totals that do
    not fit are listed; they fail the check under --strict.

    \b
    Example:
      scafe criteria check my_scale.yaml --strict
    """
    from scafe.knowledge.criteria.pack import load_pack
    from scafe.knowledge.strict import strict_check

    loaded = load_pack(pack)
    faults = strict_check(loaded)
    head = f"{loaded.id} {loaded.version}: " + (f"{len(faults)} to mend" if faults else "nothing to mend")
    document = {"pack": loaded.id, "version": loaded.version, "faults": list(faults), "ok": not faults}
    terminal.answer(document, "\n".join([head, *(f"  {fault}" for fault in faults)]))
    if faults and strict:
        click.get_current_context().exit(2)


@criteria.command("show")
@click.argument("pack")
@click.option("--yaml", "as_yaml", is_flag=True, help="Print the pack's file as it is, to start your own.")
@speaks
def show_pack(terminal: Terminal, pack: str, as_yaml: bool) -> None:
    """Show what a pack asks, and what an image can show of it.

    PACK is an id (see `scafe criteria list`) or the path of a YAML file.

    \b
    Example:
      scafe criteria show scar.vss
      scafe criteria show scar.vss --yaml > my_scale.yaml
    """
    from scafe.knowledge.criteria.pack import load_pack, pack_path
    from scafe.knowledge.criteria.yaml_text import read_pack_text

    if as_yaml and terminal.as_json:
        raise click.UsageError("--yaml and --json are two forms of one answer; choose one.")
    loaded = load_pack(pack)
    text = read_pack_text(pack_path(pack)) if as_yaml else _pack_in_words(loaded)
    terminal.answer(loaded.model_dump(mode="json", by_alias=True), text)


@criteria.command("validate")
@click.argument("data", type=click.Path(exists=True, dir_okay=False))
@click.option("--pack", required=True, help="The criteria pack whose criteria the columns are named after.")
@click.option(
    "--extractor",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False),
    help="Compare these.",
)
@click.option("--bundle", type=click.Path(exists=True), help="A bundle, whose extractors are compared.")
@ignore_columns_option
@options(HOST_OPTIONS)
@speaks
def validate(
    terminal: Terminal,
    data: str,
    pack: str,
    extractor: tuple[str, ...],
    bundle: str | None,
    ignore_columns: tuple[str, ...],
    **host: Any,
) -> None:
    """Set features beside experts' scores of the same criteria, without a run and without a label.

    DATA is a CSV or Parquet with `path` and columns named after criteria of the pack: `height`, or
    `height@r1` and `height@r2` for two raters. For each feature: Spearman's rho with the raters' mean (AUC
    where the scores have two levels) with its 95 % interval, and weighted kappa on the second half of the
    patients after cutting it to the levels of the first. Measures the pack's reference measures, or what
    --extractor or --bundle names. Exits with 1 if raters agree no better than chance, a feature answers
    clearly better to another criterion, or another criterion's feature agrees better than any own one.
    Nothing leaves this machine.

    \b
    Example:
      scafe criteria validate lesions.csv --pack photo.skin_lesion --ignore-columns label
    """
    from scafe.agent.terminal.offline import ask_offline, host_words

    typed = {"--pack": pack, "--bundle": bundle, "--ignore-columns": ",".join(ignore_columns)}
    words = [f"{option}={value}" for option, value in typed.items() if value]
    words += [f"--extractor={path}" for path in extractor]
    answer = ask_offline(terminal, "scafe.evals.processes.experts", data, *words, *host_words(host))
    terminal.answer(answer.document, "\n".join(_experts_in_words(answer.document)))
    click.get_current_context().exit(answer.exit_code)


def _experts_in_words(told: dict[str, Any]) -> list[str]:
    lines = [f"{told['images']} images; masks found by the locator: {told['masks_found']}"]
    for raters in told["raters"]:
        kappa = raters["kappa"]
        among = "one rater" if raters["raters"] == 1 else f"{raters['raters']} raters, weighted kappa "
        among += "" if raters["raters"] == 1 else "not known" if kappa is None else f"{kappa:.2f}"
        lines.append(f"{raters['criterion']} ({raters['images']} scored images; {among})")
        mine = [one for one in told["agreements"] if one["criterion"] == raters["criterion"]]
        shown = [one for one in mine if one["is_own"]] + [one for one in mine if not one["is_own"]][:3]
        lines += [f"  {_agreement_in_words(one, 1 + mine.index(one), len(mine))}" for one in shown]
    return [*lines, *(f"warning: {one}" for one in told["warnings"])]


def _agreement_in_words(one: dict[str, Any], rank: int, of: int) -> str:
    whose = "own  " if one["is_own"] else "other"
    if one["value"] is None:
        return f"{whose} {one['feature']}: too few values to tell"
    name = {"auc": "AUC", "spearman": "rho"}[one["kind"]]
    kappa = "not known" if one["kappa"] is None else f"{one['kappa']:.2f}"
    return (
        f"{whose} {one['feature']}: {name} {one['value']:.2f} ({one['low']:.2f} to {one['high']:.2f}), "
        f"kappa {kappa}, rank {rank} of {of}"
    )


def _head_or_fault(name: str) -> dict[str, object]:
    """Return the head of a pack; a broken plug-in is told in its row, and the others are still listed."""
    from scafe.knowledge.contract.errors import ScafeError
    from scafe.knowledge.criteria.pack import load_pack

    try:
        return _head(load_pack(name))
    except (ScafeError, ImportError, AttributeError, TypeError, OSError) as error:
        return {"id": name, "fault": f"cannot be loaded: {error}"}


def _row(head: dict[str, object]) -> tuple[object, ...]:
    if "fault" in head:
        return (head["id"], "", "", "", "", head["fault"])
    share = f"{head['observable']} of {head['criteria']}"
    return (head["id"], head["version"], head["purpose"], head["modality"], share, head["title"])


def _head(pack: "CriteriaPack") -> dict[str, object]:
    return {
        "id": pack.id,
        "version": pack.version,
        "title": pack.title,
        "purpose": pack.purpose,
        "modality": pack.modality.kind,
        "phantom": pack.phantom,
        "classes": list(pack.classes),
        "criteria": len(pack.criteria),
        "observable": len(pack.observable_criteria),
    }


def _pack_in_words(pack: "CriteriaPack") -> str:
    lines = [
        f"{pack.id} {pack.version}: {pack.title}",
        f"scale: {pack.scale}; purpose: {pack.purpose}; classes: {', '.join(pack.classes)}",
        f"source: {pack.citation.text}" + (f" doi:{pack.citation.doi}" if pack.citation.doi else ""),
        "",
    ]
    for one in pack.criteria:
        seen = {"direct": "seen directly", "proxy": "seen by proxy", "no_image": "no image shows it"}
        lines.append(f"{one.id} ({seen[one.observable]}): {one.definition}")
        lines += [
            f"    {proxy.id} [{proxy.unit}], {proxy.expected_direction}: {proxy.method}"
            for proxy in one.proxies
        ]
    lines += ["", "no feature may read: " + "; ".join(pack.forbidden_shortcuts)]
    return "\n".join(lines)


def _verdict_in_words(verdict: "Verdict", pack: "CriteriaPack") -> str:
    from scafe.agent.brief.evidence import of_region
    from scafe.agent.brief.wording import inside_of

    lines = [f"{verdict.criterion}: " + ("accepted" if verdict.is_acceptable else "rejected")]
    for one in verdict.features:
        answers = max(one.responses, key=lambda response: abs(response.spearman), default=None)
        strongest = f"answers most to {answers.name} (rho {answers.spearman:+.2f}), " if answers else ""
        steady = "stability not looked at"
        if one.stability is not None:
            steady = f"stability {one.stability:.2f} (least under {one.worst_perturbation})"
        lines.append(
            f"  {'+' if one.accepted else '-'} {one.name}: {strongest}{steady}, missing {one.missing:.0%}"
        )
    inside = inside_of(pack.region or "", pack.modality.kind)
    lines += [f"  {one.severity}: {of_region(one.message, inside)}" for one in verdict.findings]
    return "\n".join(lines)


def _locator_in_words(verdict: "LocatorVerdict") -> str:
    lines = [f"{verdict.region or 'locator'}: " + ("accepted" if verdict.is_acceptable else "rejected")]
    if verdict.dice is not None:
        bare = (
            "" if verdict.found_in_bare is None else f", found where nothing is {verdict.found_in_bare:.0%}"
        )
        lines.append(
            f"  Dice with the true region {verdict.dice:.2f}, a tenth below {verdict.worst_decile:.2f}, "
            f"steadiness {verdict.stability:.2f}{bare}"
        )
    lines += [f"  {one.severity}: {one.message}" for one in verdict.findings]
    return "\n".join(lines)


@click.command()
@click.argument("extractor", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--pack", required=True, help="The criteria pack that the extractor's criterion is in.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Draws the phantoms.")
@click.option(
    "--fit", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Of `scafe phantoms fit`."
)
@click.option("--whole", is_flag=True, help="Look at every phantom, also once it is rejected: more findings.")
@click.option(
    "--cache", type=click.Path(file_okay=False), help="Keep rendered phantoms here.  [default: not kept]"
)
@click.option("--allow-weaker-sandbox", is_flag=True, help="Go on where the host cannot hold both walls.")
@speaks
def probe(
    terminal: Terminal,
    extractor: Path,
    pack: str,
    seed: int,
    fit: Path | None,
    whole: bool,
    cache: str | None,
    allow_weaker_sandbox: bool,
) -> None:
    """Judge one extractor file, or one locator file, on phantoms.

    Does it measure what it claims? Exits with 1 if no feature of it may enter a pool. It ends as soon as no
    feature can be accepted, and says what it did not look at. A file with LOCATOR at its head is judged as a
    locator: does it find the pack's region, steadily, and nothing where nothing is?

    \b
    Example:
      scafe probe my_redness.py --pack scar.vss
      scafe probe my_mass.py --pack ultrasound.birads
    """
    from scafe.agent.settings.settings import load_settings
    from scafe.knowledge.contract.extractor import read_module
    from scafe.knowledge.contract.locator import is_locator
    from scafe.knowledge.criteria.pack import load_pack
    from scafe.sandbox.pool.pool import Pool
    from scafe.sandbox.probes.cascade import Depth, judge
    from scafe.sandbox.probes.fitted import read_fit
    from scafe.sandbox.probes.regions.judging import judge_locator

    loaded = load_pack(pack)
    source = read_module(extractor)
    kept = load_settings({"cache": cache} if cache else {}).settings.cache
    fitted = read_fit(fit, loaded.phantom).nuisances if fit else ()
    with Pool(allow_weaker=allow_weaker_sandbox) as pool:
        verdict: Verdict | LocatorVerdict
        if is_locator(source):
            verdict = judge_locator(source, loaded, pool, seed)
            words = _locator_in_words(verdict)
        else:
            depth: Depth = "whole" if whole else "decided"
            verdict = judge(source, loaded, pool, seed, depth=depth, cache=kept, fitted=fitted)
            words = _verdict_in_words(verdict, loaded)
    terminal.answer(verdict.model_dump(mode="json"), words)
    if not verdict.is_acceptable:
        click.get_current_context().exit(1)

"""A comparison from its request to the files it writes."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scafe.evals.compare.criteria_rows import (
    Sandbox,
    bundle_peer,
    one_shot_peer,
    selecting_patients,
    without_prior,
)
from scafe.evals.compare.engine import Hear, Ran, run_all
from scafe.evals.compare.figure import learning_figure
from scafe.evals.compare.outward import Answers, OutwardPeer, outward_peers
from scafe.evals.compare.page import html_page, markdown_page
from scafe.evals.compare.plan import Plan, make_plan
from scafe.evals.compare.questions import Material, write_questions
from scafe.evals.compare.reading import ReadingPeer, write_readings
from scafe.evals.compare.shelf import Shelf, read_rows
from scafe.evals.compare.shown import Shown, located
from scafe.evals.compare.table import Table, controls_of, rows_of
from scafe.evals.data.dataset import Dataset
from scafe.evals.data.features import write_atomically
from scafe.evals.frozen.bundle import open_bundle
from scafe.evals.peers.controls import Shuffled
from scafe.evals.peers.criteria import Absent, CriteriaPeer, NotAsked, UnitWeights
from scafe.evals.peers.found import chosen, plugged, require_own_names, shipped
from scafe.evals.peers.fused import Fused
from scafe.evals.peers.peer import Egress, Peer, Setting, Train
from scafe.evals.scoring.assessment import short
from scafe.evals.scoring.splits import split_patients
from scafe.knowledge.contract.locator import Locator
from scafe.knowledge.criteria.pack import CriteriaPack

FUSED_WITH = ("classical-ridge-mask", "classical-ridge-whole", "network-crop", "network-whole")
"""Peers that ScaFE's features are stacked with, where they run."""
FILES = ("comparison.json", "comparison.md", "comparison.html", "learning.svg", "timings.json")


@dataclass(frozen=True)
class Compared:
    """What a comparison found, and on what."""

    table: Table
    ran: tuple[Ran, ...]
    shown: Shown


@dataclass(frozen=True)
class Request:
    """What is compared, and how."""

    pack: CriteriaPack
    bundles: tuple[tuple[str, Path], ...]
    """Name of a row -> frozen bundle; the first is the reference."""
    peers: tuple[str, ...]
    """Names of rows; empty: all."""
    sizes: tuple[int, ...]
    draws: int
    seed: int
    networks: Path | None = None
    workers: int = 2
    absent: tuple[tuple[str, str], ...] = ()
    """Rows of ScaFE that could not be made, and why."""
    allowed: Egress = "none"
    """What the user lets leave the machine for rows that ask a model."""
    answers: Answers | None = None
    """Of the model that was named."""
    locator: Locator | None = None
    """Finds masks that the data lacks; none: whole images are measured there."""


def compare_on(dataset: Dataset, request: Request, shelf: Shelf, sandbox: Sandbox, hear: Hear) -> Compared:
    """Run every row that was asked for, and make the table.

    Raises
    ------
    InputError
        A peer is unknown or named twice, a size or bundle cannot be used.
    DatasetError
        The masks that the locator found cannot be right.
    """
    ours = _our_rows(dataset, request, sandbox)
    modality = request.pack.modality.kind
    shown = located(dataset, request.pack, request.locator, sandbox)
    setting = Setting(dataset.classes, shown.has_masks, modality, request.networks, dataset.texts)
    absent = tuple(Absent(name, reason) for name, reason in request.absent)
    outward = outward_peers(request.allowed, request.answers)
    peers = (*peers_of(ours, request.peers, request.networks, outward), *absent)
    plan = make_plan(dataset, request.sizes, request.draws, request.seed, _held(dataset, request))
    ran = run_all(peers, shown, plan, setting, shelf, request.workers, hear)
    _write_questions(dataset, shown, request, ours[0], shelf, ran)
    table = _table(dataset, shown, request, plan, ran, ours[0].card.name)
    return Compared(table, ran, shown)


def peers_of(
    ours: Sequence[CriteriaPeer],
    wanted: Sequence[str],
    networks: Path | None = None,
    outward: Sequence[Peer] = (),
) -> tuple[Peer, ...]:
    """Return the rows in the order of the table: ScaFE's, the others', the joined ones, the controls.

    The reference and the controls stand in every table, whatever was asked for.
    """
    first = ours[0]
    others = (*shipped(networks), *outward, *plugged())
    require_own_names(others)
    fused = [Fused(first, one) for one in others if one.card.name in FUSED_WITH]
    free = UnitWeights(first.view, first.columns)
    body = [one for one in others if one.card.family not in ("control", "zero labels")]
    zero = [*(one for one in others if one.card.family == "zero labels"), ReadingPeer(first)]
    controls = [Shuffled(first), *(one for one in others if one.card.family == "control")]
    kept = chosen((*ours, *body, *fused, free, *zero, *controls), wanted)
    always = {first.card.name, *(one.card.name for one in controls)}
    everyone: tuple[Peer, ...] = (*ours, *body, *fused, free, *zero, *controls)
    shown = (one for one in everyone if one in kept or one.card.name in always)
    return tuple(one if wanted or not one.card.on_request else NotAsked(one.card) for one in shown)


def _write_questions(
    dataset: Dataset, shown: Shown, request: Request, ours: CriteriaPeer, shelf: Shelf, ran: Sequence[Ran]
) -> None:
    """Write what a model has not answered yet, as far as the user allowed it."""
    waiting = [(one.peer, one.open) for one in ran if one.open and isinstance(one.peer, OutwardPeer)]
    if not waiting or request.answers is None:
        return
    path = shelf.view(ours.view, shown.keys, shown.images, lambda number: None)
    material = Material(dataset, shown.keys, request.pack, ours, read_rows(path, shown.keys))
    write_questions(request.answers.folder, waiting, material)


def write_files(folder: Path, table: Table, ran: Sequence[Ran]) -> None:
    """Write the table as JSON, Markdown and HTML, its figure, and apart from them how long each row took."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(table.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"
    pages = (text, markdown_page(table), html_page(table), learning_figure(table), _timings(ran))
    for name, page in zip(FILES, pages, strict=True):
        write_atomically(folder / name, page.encode())


def write_film_readings(folder: Path, dataset: Dataset, shelf: Shelf, compared: Compared) -> None:
    """Write the reading of every chest film, where that row ran."""
    peers = (one.peer for one in compared.ran if one.cells)
    peer = next((one for one in peers if isinstance(one, ReadingPeer)), None)
    if peer is None:
        return
    keys = compared.shown.keys
    rows = read_rows(shelf.view_path(peer.ours.view), keys)
    everyone = Train({peer.ours.view.key: rows}, dataset.patients, dataset.classes)
    chances = peer.fit(everyone).predict(everyone)[:, 0]
    write_readings(folder, keys, peer.ours, rows, chances)


def seconds_of(ran: Sequence[Ran]) -> dict[str, dict[str, float]]:
    """Return the processor seconds of each row: of its images, each measured once, and of its fits."""
    return {
        one.peer.card.name: {"images": round(one.image_seconds, 2), "fits": round(_fit_seconds(one), 2)}
        for one in ran
    }


def _fit_seconds(one: Ran) -> float:
    return sum(float(at["seconds"]) for cell in one.cells for at in cell.values())


def _timings(ran: Sequence[Ran]) -> str:
    return json.dumps({"processor_seconds": seconds_of(ran)}, indent=1) + "\n"


def _our_rows(dataset: Dataset, request: Request, sandbox: Sandbox) -> tuple[CriteriaPeer, ...]:
    named = [bundle_peer(path, dataset, sandbox, name) for name, path in request.bundles]
    plain = [without_prior(one) for one in named[:1] if one.prior]
    return (*named, *plain, one_shot_peer(request.pack, dataset, sandbox))


def _held(dataset: Dataset, request: Request) -> frozenset[str]:
    """Return the only patients that may test a bundle whose features were chosen with the others' labels."""
    held: frozenset[str] = frozenset()
    for _, path in request.bundles:
        bundle = open_bundle(path)
        if selecting_patients(bundle, dataset):
            patients = dataset.patients
            split = split_patients(patients, dataset.labels, bundle.manifest.seed)
            sealed = frozenset(patients[place] for place in split.sealed)
            held = held & sealed if held else sealed
    return held


def _majority(dataset: Dataset, test: frozenset[str]) -> float:
    label_of = dict(zip(dataset.patients, dataset.labels, strict=True))
    counts = Counter(label_of[patient] for patient in test)
    return short(max(counts.values()) / len(test))


def _table(
    dataset: Dataset, shown: Shown, request: Request, plan: Plan, ran: Sequence[Ran], reference: str
) -> Table:
    members = {
        label: len(
            {patient for patient, own in zip(dataset.patients, dataset.labels, strict=True) if own == label}
        )
        for label in dataset.classes
    }
    return Table(
        classes=dataset.classes,
        images=len(dataset),
        patients=members,
        data_sha256=dataset.sha256,
        pack=f"{request.pack.id} {request.pack.version}",
        seed=request.seed,
        draws=len(plan.draws),
        sizes=tuple(size or None for size in plan.sizes),
        sizes_left_out=plan.left_out,
        training_patients=plan.per_class,
        test_patients=len(plan.draws[0].test),
        majority=_majority(dataset, plan.draws[0].test),
        fixed_test=plan.fixed_test,
        masks=shown.masks,
        reference=reference,
        rows=rows_of(ran, plan, reference),
        controls=controls_of(ran, plan),
    )

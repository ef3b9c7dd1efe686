"""Which peers there are: those that ship, and those that other distributions name in `scafe.peers`."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from scafe.evals.peers import classical, cnn
from scafe.evals.peers.controls import RandomFeatures
from scafe.evals.peers.criteria import Prevalence
from scafe.evals.peers.image_text import clip_peers, open_models
from scafe.evals.peers.local_network import local_network_peers
from scafe.evals.peers.network import network_peers
from scafe.evals.peers.peer import Peer
from scafe.evals.peers.radiomics import RadiomicsPeer
from scafe.evals.peers.reports.aligned import image_text_peer
from scafe.evals.peers.swin_pyramid import SwinPyramidPeer
from scafe.knowledge.contract.errors import InputError

GROUP = "scafe.peers"


def shipped(networks: Path | None = None) -> tuple[Peer, ...]:
    """Return the peers of this distribution, in the order of the table."""
    models = open_models(networks) if networks is not None else ()
    return (
        *classical.PEERS,
        RadiomicsPeer(),
        *network_peers(networks),
        *local_network_peers(models),
        *cnn.PEERS,
        SwinPyramidPeer(),
        image_text_peer(models),
        *clip_peers(models),
        Prevalence(),
        RandomFeatures(),
    )


def plugged(points: Iterable[EntryPoint] | None = None) -> tuple[Peer, ...]:
    """Return the peers of other distributions: each entry point names a function that returns some."""
    named = entry_points(group=GROUP) if points is None else points
    return tuple(peer for point in named for peer in point.load()())


def require_own_names(peers: Sequence[Peer]) -> None:
    """Refuse two peers of one name.

    Raises
    ------
    InputError
        Names the peer and both of its homes.
    """
    homes: dict[str, str] = {}
    for peer in peers:
        name, home = peer.card.name, f"{type(peer).__module__}.{type(peer).__qualname__}"
        if name in homes:
            raise InputError(
                f"two peers are named {name!r}: {homes[name]} and {home}; rename one of them, or uninstall "
                "the distribution that you do not need"
            )
        homes[name] = home


def chosen(peers: Sequence[Peer], wanted: Sequence[str]) -> tuple[Peer, ...]:
    """Return the peers that were asked for, by name or by the beginning of one; none asked for: all.

    Raises
    ------
    InputError
        No peer has such a name; the nearest are named.
    """
    require_own_names(peers)
    names = [peer.card.name for peer in peers]
    for one in wanted:
        if not any(_fits(name, one) for name in names):
            near = get_close_matches(one, names, n=3) or names
            raise InputError(f"no peer is named {one!r}; there are {', '.join(near)}")
    return tuple(peer for peer in peers if not wanted or any(_fits(peer.card.name, one) for one in wanted))


def _fits(name: str, wanted: str) -> bool:
    return name == wanted or name.startswith(f"{wanted}-")

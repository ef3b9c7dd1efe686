"""The door to a cluster: connect, look the workers over, hand out orders, take answers in their turn.

`tcp://…` and `tls://…` name a scheduler that runs already; `local:N` starts N workers on this machine, over
TLS with certificates of the moment, since whoever reaches a scheduler can run code as its owner.
"""

import contextlib
import logging
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Any, Final, Self

from scafe.evals.cluster.likeness import difference, likeness
from scafe.evals.cluster.work import Order, Walls, fill, found_in, introduce
from scafe.evals.data.sources import Optional, needed
from scafe.knowledge.contract.errors import InputError, SandboxError
from scafe.knowledge.contract.inert import inert
from scafe.sandbox.pool.pool import Pool

ADDRESS: Final = re.compile(r"local:[1-9]\d{0,2}|(tcp|tls)://\S+:\d+")
DASK: Final = Optional("distributed", "dask", "clusters (--cluster)")
CONNECT_SECONDS: Final = 15.0
WORKERS_SECONDS: Final = 60.0
AHEAD: Final = 4
"""Orders in the cluster for each worker: enough that none waits, few enough that memory does not grow."""


class Cluster:
    """Workers that answer orders. Use as a context manager; a local cluster ends with it.

    Parameters
    ----------
    address : str
        `local:N`, `tcp://host:port` or `tls://host:port`.
    walls : Walls, optional
        How every worker runs extractors.

    Raises
    ------
    InputError
        On entering: no such cluster, no worker, or a worker made of other versions.
    SandboxError
        On entering: a worker cannot hold the walls.
    """

    def __init__(self, address: str, walls: Walls | None = None) -> None:
        if not ADDRESS.fullmatch(address):
            raise InputError(
                f"--cluster {inert(address)}: give local:N (N workers on this machine), tcp://HOST:PORT or "
                "tls://HOST:PORT of a Dask scheduler"
            )
        self.address = address
        self._walls = walls or Walls()
        self._held = contextlib.ExitStack()
        self._client: Any = None

    def __enter__(self) -> Self:
        distributed = needed(DASK, "--cluster")
        with contextlib.ExitStack() as held:
            self._client = held.enter_context(self._connected(distributed, held))
            self._require_workers(distributed)
            self._held = held.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()
        self._client = None

    @property
    def scheduler_address(self) -> str:
        """Where the scheduler listens."""
        return str(self._client.scheduler_info(n_workers=0)["address"])

    @property
    def workers(self) -> int:
        """How many workers there are now."""
        return len(self._client.scheduler_info(n_workers=-1)["workers"])

    def answers(self, work: Callable[[Pool, Any], Any], given: Iterable[Any]) -> Iterator[Any]:
        """Let the workers do some work on each of `given`; answers come in that order.

        What a worker had in hand when it died is given to another; an answer is taken once.

        Parameters
        ----------
        work : callable
            A function of a module.
        given : iterable
            Frozen records and plain values, no image among them; taken as workers come free.

        Raises
        ------
        ScafeError
            What a worker met, as the same kind of error.
        SandboxError
            Every worker that took an order died, or the cluster is gone.
        """
        made_of = tuple(likeness().items())
        orders = (Order(work, one, self._walls, made_of) for one in given)
        waiting: deque[Any] = deque()
        most = AHEAD * max(self.workers, 1)
        try:
            for order in orders:
                waiting.append(self._client.submit(fill, order, pure=False))
                if len(waiting) >= most:
                    yield self._answer(waiting.popleft())
            while waiting:
                yield self._answer(waiting.popleft())
        finally:
            self._client.cancel(list(waiting))

    def _answer(self, future: Any) -> Any:
        distributed = needed(DASK, "--cluster")
        try:
            answer = future.result()
        except distributed.scheduler.KilledWorker:
            raise SandboxError(
                "several workers of the cluster died over the same images, for want of memory perhaps; what "
                "was computed is kept: give workers more memory, and go on"
            ) from None
        except (OSError, distributed.CommClosedError, distributed.client.FutureCancelledError):
            raise SandboxError(
                f"the cluster at {self.address} is gone; what was computed is kept: start it, and go on"
            ) from None
        return found_in(answer)

    def _connected(self, distributed: Any, held: contextlib.ExitStack) -> Any:
        logging.getLogger("distributed").setLevel(logging.ERROR)
        if self.address.startswith("local:"):
            return distributed.Client(held.enter_context(_local(distributed, int(self.address[6:]))))
        try:
            return distributed.Client(self.address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise InputError(
                f"--cluster {self.address}: no Dask scheduler answers there ({_reason(error)}); start one "
                "with `dask scheduler`, or leave --cluster away"
            ) from None

    def _require_workers(self, distributed: Any) -> None:
        try:
            self._client.wait_for_workers(1, timeout=WORKERS_SECONDS)
        except (TimeoutError, distributed.TimeoutError):
            raise InputError(
                f"--cluster {self.address}: no worker came within {WORKERS_SECONDS:.0f} s; start some with "
                f"`dask worker {self.address} --nthreads 1`"
            ) from None
        for name, told in self._introduced().items():
            if isinstance(told, BaseException):
                raise InputError(
                    f"worker {name} cannot run ScaFE ({_reason(told)}); install there what is installed here"
                )
            made_of, refusal = told
            if other := difference(made_of):
                raise InputError(
                    f"worker {name} has {other}; its values could differ. Install the same versions there, "
                    "or leave it out"
                )
            if refusal:
                raise SandboxError(f"worker {name} refuses: {refusal}")

    def _introduced(self) -> dict[str, Any]:
        found = self._client.run(introduce, self._walls, on_error="return")
        return dict(sorted(found.items()))


def _local(distributed: Any, workers: int) -> Any:
    return distributed.LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        memory_limit=0,  # the cells have limits of their own
        # None still starts a web server, on port 8787; it cannot be had without one: a free port, no page
        dashboard_address="127.0.0.1:0",
        scheduler_kwargs={"dashboard": False},
        host="127.0.0.1",
        security=distributed.Security.temporary(),
        silence_logs=logging.ERROR,
    )


def _reason(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return inert(lines[0][:200])

"""Jobs that wait in line for the one worker of a Blender: done one at a time, in order, each cancelled on its own.

The worker is given a job when the one before it has ended, not earlier: so a worker that crashes takes one job with it,
and the next is done by a fresh one. Standard library and numpy only, since Blender imports this module.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import UserError
from .client import Event, Exited, Failure, Job, Progress, WorkerClient, WorkerError

STARTING = "Starting"
WAITING = "Waiting"
_MODULE = "ptalker_blender.engine.worker"


@dataclass(frozen=True)
class Site:
    """Where a job is done.

    Attributes:
        python: interpreter of the worker.
        environment: the whole environment of the worker.
    """

    python: str
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Standing:
    """How a job stands, for whoever shows it.

    Attributes:
        number: of the job in its line.
        title: what it does, for people.
        stage: what it is at, for people.
        fraction: 0 to 1 of that stage.
        waiting: whether another job is before it.
    """

    number: int
    title: str
    stage: str
    fraction: float
    waiting: bool


@dataclass
class _Ticket:
    """A job in the line; ``inner`` is its number at the worker, ``over`` once its last event has come."""

    site: Site
    job: Job
    title: str
    inner: int | None = None
    stage: str = WAITING
    fraction: float = 0.0
    over: bool = False
    events: list[Event] = field(default_factory=list)


class JobLine:
    """The line and its worker, kept warm between jobs. All methods are for one thread, Blender's main one.

    Args:
        module: run by the worker with ``-m``.
    """

    def __init__(self, module: str = _MODULE) -> None:
        self._module = module
        self._client: WorkerClient | None = None
        self._site: Site | None = None
        self._tickets: dict[int, _Ticket] = {}  # in order; those that are over stay until their owner has taken the end
        self._last = 0

    @property
    def standings(self) -> tuple[Standing, ...]:
        """The jobs in the line, the one at work first."""
        return tuple(
            Standing(number, ticket.title, ticket.stage, ticket.fraction, ticket.inner is None and not ticket.over)
            for number, ticket in self._tickets.items()
        )

    def __contains__(self, number: object) -> bool:
        return number in self._tickets

    def submit(self, site: Site, job: Job, title: str) -> int:
        """Join the line; the job's number there.

        Raises:
            UserError: it is the first, and the worker's Python cannot be started or ends at once.
        """
        self._last += 1
        ticket = self._tickets[self._last] = _Ticket(site, job, title)
        if self._at_work() is None and self._next() is ticket:
            try:
                self._give(ticket)
            except UserError:
                del self._tickets[self._last]
                raise
        return self._last

    def take(self, number: int, seconds: float = 0.0) -> list[Event]:
        """Hand out what happened to a job since the last call; with its last event the job leaves the line.

        Args:
            number: of the job, which must be in the line.
            seconds: how long to wait for something to happen.
        """
        ticket, end = self._tickets[number], time.monotonic() + seconds
        self._pump(seconds)
        while not ticket.events and (left := end - time.monotonic()) > 0.0:
            self._pump(left)
        events, ticket.events = ticket.events, []
        if ticket.over:
            del self._tickets[number]
        return events

    def cancel(self, number: int) -> None:
        """Let go of a job, at work or waiting; those behind it move up. Harmless for one that is not in the line."""
        ticket = self._tickets.pop(number, None)
        if ticket is None:
            return
        if ticket.inner is not None and not ticket.over and self._client is not None:
            self._client.cancel(ticket.inner)
        self._move_up()

    def clear(self) -> tuple[str, ...]:
        """Let go of every job; their titles."""
        titles = tuple(ticket.title for ticket in self._tickets.values())
        for number in reversed(tuple(self._tickets)):  # the waiting ones first, so that none is begun
            self.cancel(number)
        return titles

    def stop(self) -> None:
        """Let go of every job and end the worker."""
        self.clear()
        if self._client is not None:
            self._client.stop()
        self._client = self._site = None

    def _at_work(self) -> _Ticket | None:
        return next((t for t in self._tickets.values() if t.inner is not None and not t.over), None)

    def _next(self) -> _Ticket | None:
        return next((t for t in self._tickets.values() if t.inner is None and not t.over), None)

    def _pump(self, seconds: float) -> None:
        """Take in what the worker has to say, waiting up to ``seconds`` for a first word."""
        if self._client is None:
            return
        for event in self._client.wait(seconds) if seconds > 0.0 else self._client.poll():
            self._note(event)
        self._move_up()

    def _note(self, event: Event) -> None:
        ticket = self._at_work()
        if ticket is None or not (isinstance(event, Exited) or event.job == ticket.inner):
            return  # of a job that was let go of, or of a worker that died with nothing to do
        ticket.events.append(event)
        if isinstance(event, Progress):
            ticket.stage, ticket.fraction = event.stage, event.fraction
        else:
            ticket.over = True

    def _move_up(self) -> None:
        """Give the worker its next job if it has none."""
        while self._at_work() is None and (ticket := self._next()) is not None:
            try:
                self._give(ticket)
            except UserError as error:
                # Whoever pressed the button is not here to be told by an exception.
                ticket.events.append(Failure(0, str(error), user_error=True))
                ticket.over = True

    def _give(self, ticket: _Ticket) -> None:
        client = self._worker(ticket.site)
        try:
            ticket.inner = client.submit(ticket.job)
        except WorkerError as error:
            raise UserError(
                f"the worker's Python {ticket.site.python!r} ended at once",
                "a Python 3.11 or newer that has torch",
                "set it in the add-on preferences or in PTALKER_PYTHON",
            ) from error
        ticket.stage, ticket.fraction = STARTING, 0.0

    def _worker(self, site: Site) -> WorkerClient:
        """Return a running worker for ``site``."""
        if self._client is not None and (site != self._site or not self._client.running):
            self._client.stop()
            self._client = None
        if self._client is None:
            client = WorkerClient(site.python, site.environment, self._module)
            client.start()
            self._client, self._site = client, site
        return self._client

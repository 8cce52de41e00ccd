"""Keeping the parts of an installation alive: each is started again while the others go on."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from app.server import processes

FAST_SECONDS = 15
"""A part that dies sooner after its start may be one that cannot live."""
MOST_FAST_DEATHS = 6
"""So many fast deaths in a row, and the installation ends."""
DELAYS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds before a part is started again, by how many of its deaths in a row were fast."""
WAITING_SECONDS = 1.0
"""Delay of a part that died because the database was away."""
TAIL_LINES = 8


class CannotLive(Exception):
    """A part dies again and again; the text says which, and its log's last lines."""


class Part(Protocol):
    """Something that runs, and that can be started again after it died."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def log(self) -> Path:
        """The file that takes its output."""
        ...

    def start(self) -> None:
        """Start it, whatever is left of an earlier run. Raises OSError where that is refused."""
        ...

    def is_alive(self) -> bool:
        """Say whether it runs."""
        ...

    def stop(self) -> None:
        """Ask it to end, without waiting for that."""
        ...

    def ended(self, seconds: float) -> None:
        """Wait so long for its end, then kill it."""
        ...


@dataclass
class Command:
    """A part that is a child process, with a group of its own."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    logs: Path
    child: processes.Child | None = None

    @property
    def log(self) -> Path:
        """The file that takes its output."""
        return self.logs / f"{self.name}.log"

    def start(self) -> None:
        """Start it; what a killed one has left in its group would hold its port."""
        if self.child is not None:
            processes.kill_group(self.child)
        self.child = processes.start(self.name, self.command, self.env, self.logs)

    def is_alive(self) -> bool:
        """Say whether the process runs."""
        return self.child is not None and self.child.process.poll() is None

    def stop(self) -> None:
        """Ask the group to end."""
        if self.child is not None:
            processes.ask_to_end(self.child)

    def ended(self, seconds: float) -> None:
        """Wait for its end, then kill what is left of the group."""
        if self.child is not None:
            processes.wait_or_kill(self.child, seconds)


@dataclass
class _Watched:
    """A part, since when it runs, and how often in a row it died soon after its start."""

    part: Part
    since: float
    fast_deaths: int = 0
    due: float | None = None
    """When it is started again; None while it runs."""


@dataclass
class Supervisor:
    """Watches parts, and starts again those that died.

    ``is_database_up`` excuses a part that dies while the database is away: it is not its fault.
    """

    say: Callable[[str], None]
    is_database_up: Callable[[], bool]
    clock: Callable[[], float] = time.monotonic
    _watched: list[_Watched] = field(default_factory=list[_Watched])

    def watch(self, part: Part) -> None:
        """Watch a part that runs already, such as the database."""
        self._watched.append(_Watched(part, self.clock()))

    def start(self, part: Part) -> None:
        """Start a part and watch it."""
        self.watch(part)
        part.start()

    @property
    def parts(self) -> Sequence[Part]:
        """All of them, in the order of their start."""
        return [watched.part for watched in self._watched]

    def dead(self) -> Part | None:
        """Return a part that does not run, if any."""
        return next((part for part in self.parts if not part.is_alive()), None)

    def look(self) -> None:
        """Look after every part once; call it often. Raises CannotLive."""
        for watched in self._watched:
            if watched.due is None and not watched.part.is_alive():
                self._note_death(watched)
            if watched.due is not None and self.clock() >= watched.due:
                self._start_again(watched)

    def stop(self, seconds: float) -> None:
        """Stop all parts, the last started first; kill what does not leave in time."""
        for part in reversed(self.parts):
            part.stop()
        deadline = self.clock() + seconds
        for part in self.parts:
            part.ended(max(0.1, deadline - self.clock()))

    def _note_death(self, watched: _Watched) -> None:
        part = watched.part
        if self.clock() - watched.since >= FAST_SECONDS:
            watched.fast_deaths = 0
        elif self._is_own_fault(part):
            watched.fast_deaths += 1
            if watched.fast_deaths >= MOST_FAST_DEATHS:
                raise CannotLive(
                    f"The part “{part.name}” ended {watched.fast_deaths} times in a row soon after"
                    f" its start; its last words ({part.log}):\n  " + "\n  ".join(last_lines(part))
                )
        else:
            watched.due = self.clock() + WAITING_SECONDS
            return
        delay = DELAYS[min(watched.fast_deaths, len(DELAYS) - 1)]
        watched.due = self.clock() + delay
        self.say(f"The part “{part.name}” ended unexpectedly; it is started again. ({part.log})")

    def _is_own_fault(self, part: Part) -> bool:
        # A database that is starting is no excuse for itself.
        return part.name == DATABASE or self.is_database_up()

    def _start_again(self, watched: _Watched) -> None:
        watched.due, watched.since = None, self.clock()
        try:
            watched.part.start()
        except OSError as error:
            # The next look finds it dead, and waits longer.
            self.say(f"The part “{watched.part.name}” could not be started: {error}.")


DATABASE = "database"
"""The name of the part that the others need."""


def last_lines(part: Part) -> list[str]:
    """Return the last lines of a part's log."""
    try:
        return part.log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
    except OSError:
        return ["(no log)"]

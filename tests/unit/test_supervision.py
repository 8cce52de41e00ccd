"""What is done about parts of an installation that die."""

import sys
import time
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

from app.server.supervision import (
    DATABASE,
    DELAYS,
    FAST_SECONDS,
    MOST_FAST_DEATHS,
    CannotLive,
    Command,
    Supervisor,
)


@dataclass
class Fake:
    """A part that lives and dies at a word."""

    name: str
    log: Path = Path("/nowhere")
    alive: bool = True
    dies_at_once: bool = False
    starts: int = 0

    def start(self) -> None:
        self.starts += 1
        self.alive = not self.dies_at_once

    def is_alive(self) -> bool:
        return self.alive

    def stop(self) -> None:
        self.alive = False

    def ended(self, seconds: float) -> None:
        assert not self.alive


@dataclass
class House:
    """A supervisor with a clock that the test turns."""

    at: float = 1_000.0
    database_up: bool = True
    said: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.supervisor = Supervisor(self.said.append, lambda: self.database_up, lambda: self.at)

    def wait(self, seconds: float) -> None:
        self.at += seconds
        self.supervisor.look()


def test_a_part_that_dies_is_started_again_while_the_others_go_on() -> None:
    house, worker, web = House(), Fake("worker"), Fake("web")
    house.supervisor.start(worker)
    house.supervisor.start(web)
    house.at += FAST_SECONDS
    worker.alive = False
    house.wait(0)
    assert (worker.alive, worker.starts, web.starts) == (True, 2, 1)
    assert house.said and "worker" in house.said[0]


def test_deaths_far_apart_never_end_it() -> None:
    house, web = House(), Fake("web")
    house.supervisor.start(web)
    for _ in range(3 * MOST_FAST_DEATHS):
        house.wait(FAST_SECONDS)
        web.alive = False
        house.wait(0)
        assert web.alive


def test_a_part_that_cannot_live_is_waited_for_longer_each_time_then_ends_it(
    tmp_path: Path,
) -> None:
    log = tmp_path / "web.log"
    log.write_text("\n".join(["before", *("x" * 8), "no such module"]))
    house, web = House(), Fake("web", log, dies_at_once=True)
    house.supervisor.start(web)
    starts: list[float] = []
    with pytest.raises(CannotLive) as refusal:
        for _ in range(10_000):
            before = web.starts
            house.wait(0.1)
            if web.starts > before:
                starts.append(house.at)
    waits = [later - earlier for earlier, later in pairwise(starts)]
    assert len(starts) == MOST_FAST_DEATHS - 1
    assert waits == sorted(waits) and waits[-1] >= DELAYS[MOST_FAST_DEATHS - 1]
    assert "web" in str(refusal.value) and "no such module" in str(refusal.value)
    assert "before" not in str(refusal.value)


def test_nobody_is_blamed_for_dying_while_the_database_is_away() -> None:
    house, worker = House(database_up=False), Fake("worker", dies_at_once=True)
    house.supervisor.start(worker)
    for _ in range(500):
        house.wait(0.5)
    assert worker.starts > MOST_FAST_DEATHS
    house.database_up, worker.dies_at_once = True, False
    house.wait(2)
    assert worker.alive


def test_the_database_has_no_such_excuse() -> None:
    house, database = House(database_up=False), Fake(DATABASE, dies_at_once=True)
    house.supervisor.start(database)
    with pytest.raises(CannotLive, match=DATABASE):
        for _ in range(10_000):
            house.wait(0.5)


def test_what_a_killed_process_leaves_behind_is_gone_before_it_starts_again(
    tmp_path: Path,
) -> None:
    script = (
        "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c',"
        " 'import time; time.sleep(60)']); print(p.pid, flush=True); time.sleep(60)"
    )
    part = Command("web", [sys.executable, "-c", script], {}, tmp_path)
    part.start()
    helper = _first_number(part.log)
    assert part.child is not None
    part.child.process.kill()
    part.child.process.wait()
    assert not part.is_alive() and _runs(helper)
    part.start()
    assert part.is_alive() and not _runs(helper)
    part.stop()
    part.ended(5)
    assert not part.is_alive()


def _first_number(log: Path) -> int:
    for _ in range(400):
        found = log.read_text().split()
        if found:
            return int(found[0])
        time.sleep(0.05)
    raise AssertionError("it never said")


def _runs(pid: int) -> bool:
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return False
        if state in "ZX":
            return False
        time.sleep(0.01)
    return True

"""Child processes that live exactly as long as the command that started them."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.kit.paths import PROJECT_ROOT

STOP_SECONDS = 8
_TO_END = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """A running part of the installation, with the file that takes its output."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path


def start(name: str, command: Sequence[str], env: Mapping[str, str], logs: Path) -> Child:
    """Start one part; its output goes to ``logs/<name>.log``."""
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / f"{name}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=PROJECT_ROOT,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # A group of its own: Ctrl-C reaches only the parent, which stops the parts in order.
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
        )
    return Child(name, process, log)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def stop(children: Sequence[Child]) -> None:
    """Stop processes, the last started first; kill what does not leave in time."""
    for child in reversed(children):
        ask_to_end(child)
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        wait_or_kill(child, max(0.1, deadline - time.monotonic()))


def ask_to_end(child: Child) -> None:
    """Ask a part and what it started to end."""
    _signal(child, signal.SIGTERM)


def kill_group(child: Child) -> None:
    """Kill what is left of a part, also where its first process is dead already."""
    _signal(child, signal.SIGKILL)
    child.process.wait()


def wait_or_kill(child: Child, seconds: float) -> None:
    """Wait so long for the end of a part, then kill what is left of it."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.process.wait(seconds)
    kill_group(child)


def _signal(child: Child, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.process.pid, number)


def end_on_signals() -> None:
    """Let the first signal to end raise KeyboardInterrupt, so that what was started is stopped.

    Further ones are ignored: they would break off the stopping half way.
    """

    def interrupt(number: int, frame: object) -> None:
        for each in _TO_END:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in _TO_END:
        signal.signal(number, interrupt)


def wait_for_signal(look: Callable[[], None]) -> None:
    """Block until Ctrl-C or SIGTERM arrives; meanwhile call ``look`` twice a second.

    What ``look`` raises ends the waiting.
    """
    stopping = threading.Event()

    def stop_waiting(number: int, frame: object) -> None:
        stopping.set()

    for number in _TO_END:
        signal.signal(number, stop_waiting)
    while not stopping.wait(0.5):
        look()

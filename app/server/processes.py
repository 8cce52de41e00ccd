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
    """Stop all parts, the last started first; kill what does not leave in time."""
    for child in reversed(children):
        _signal(child, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.process.wait(max(0.1, deadline - time.monotonic()))
        _signal(child, signal.SIGKILL)
        child.process.wait()


def _signal(child: Child, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.process.pid, number)


def first_dead(children: Sequence[Child]) -> Child | None:
    """Return a part that has ended, if any."""
    return next((child for child in children if child.process.poll() is not None), None)


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


def wait_for_signal(watch: Callable[[], bool]) -> None:
    """Block until Ctrl-C or SIGTERM arrives, or ``watch`` (asked twice a second) returns True."""
    stopping = threading.Event()

    def stop_waiting(number: int, frame: object) -> None:
        stopping.set()

    for number in _TO_END:
        signal.signal(number, stop_waiting)
    while not stopping.wait(0.5):
        if watch():
            return

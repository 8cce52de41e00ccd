"""``tongshang up``: all that an installation needs, started, watched and stopped together."""

import contextlib
import errno
import os
import shutil
import socket
import sys
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import fasteners  # pyright: ignore[reportMissingTypeStubs]

from app.kit.secrets import master_secret
from app.kit.settings import Settings
from app.server import frontend, processes
from app.server.migrations import migrate
from app.server.postgres import DatabaseUrls, embedded, is_reachable, prepare
from app.server.supervision import CannotLive, Command, Supervisor, last_lines

LEAST_FREE_MB = 500
START_SECONDS = 90


class CannotStart(Exception):
    """A reason, for the terminal, why the installation does not start, and what to do."""


@dataclass(frozen=True)
class Options:
    """What the command line asks of ``up``."""

    empty: bool = False
    say: Callable[[str], None] = print


def up(settings: Settings, options: Options) -> None:
    """Start everything, tell where it is, and stay until told to stop.

    A part that dies is started again while the others go on; only one that cannot live ends it.

    Raises CannotStart, DatabaseUnavailable or BuildFailed with a message for the terminal.
    """
    processes.end_on_signals()
    _check_folder(settings.data_dir)
    with _only_one(settings.data_dir):
        for port in (settings.port, sandbox_port(settings)):
            _check_port(settings.host, port)
        urls = _prepare(settings, options)
        supervisor = Supervisor(options.say, lambda: is_reachable(urls.owner))
        try:
            _start_all(settings, urls, supervisor)
            _wait_until_healthy(settings, supervisor)
            options.say(_welcome(settings, options))
            processes.wait_for_signal(supervisor.look)
        except CannotLive as reason:
            raise CannotStart(str(reason)) from reason
        finally:
            supervisor.stop(processes.STOP_SECONDS)


def sandbox_port(settings: Settings) -> int:
    """Return the port of the payment sandbox."""
    return settings.sandbox_port or settings.port + 1


def _check_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.write_bytes(b"x" * 4096)
        probe.unlink()
    except OSError as error:
        reason = "the disk is full" if error.errno == errno.ENOSPC else error.strerror
        raise CannotStart(
            f"The data folder {folder} cannot be written: {reason}."
            " Choose another with --data-dir or TONGSHANG_DATA_DIR."
        ) from error
    free = shutil.disk_usage(folder).free // 2**20
    if free < LEAST_FREE_MB:
        raise CannotStart(
            f"Only {free} MB are free where {folder} lies; Tongshang needs {LEAST_FREE_MB} MB."
            " Free some space, or choose another disk with --data-dir."
        )


@contextlib.contextmanager
def _only_one(folder: Path) -> Generator[None]:
    lock = fasteners.InterProcessLock(folder / "up.lock")
    if not lock.acquire(blocking=False):
        raise CannotStart(
            f"Tongshang already runs on {folder}. Stop it first (Ctrl-C in its terminal),"
            " or start a second installation with another --data-dir and --port."
        )
    try:
        yield
    finally:
        lock.release()


def _check_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotStart(
                f"Port {port} on {host} cannot be used ({error.strerror})."
                " Choose another with --port."
            ) from error


def _prepare(settings: Settings, options: Options) -> DatabaseUrls:
    """Make database and bundle ready; the build goes on beside the migrations and first data."""
    # First what fails fast: nobody should wait for a build to hear of a wrong database address.
    urls = prepare(settings, master_secret())
    if not frontend.is_built(settings.data_dir):
        options.say("Building the front end (once, about a minute) …")
    with frontend.building(settings.data_dir) as finish:
        migrate(urls.owner)
        _first_data(settings, urls, options)
        finish()
    return urls


def _first_data(settings: Settings, urls: DatabaseUrls, options: Options) -> None:
    from app.server.first_data import fill

    fill(settings, urls, empty=options.empty, say=options.say)


def _start_all(settings: Settings, urls: DatabaseUrls, supervisor: Supervisor) -> None:
    database = embedded(settings)
    if database is not None:
        supervisor.watch(database)
    env = frontend.serving(settings.data_dir) | settings_env(settings, urls)
    for name, command in _commands(settings).items():
        supervisor.start(Command(name, command, env, settings.data_dir / "logs"))


def _commands(settings: Settings) -> dict[str, list[str]]:
    granian = [sys.executable, "-m", "granian", "--interface", "asgi", "--no-access-log"]
    sandbox = ["--host", settings.host, "--port", str(sandbox_port(settings))]
    web = ["--host", settings.host, "--port", str(settings.port)]
    web += ["--workers", str(settings.workers), "--respawn-failed-workers"]
    return {
        "sandbox": [*granian, *sandbox, "app.adapters.sandbox.service:app"],
        "worker": [sys.executable, "-m", "app.cli", "worker"],
        "web": [*granian, *web, "--factory", "app.app:app"],
    }


def settings_env(settings: Settings, urls: DatabaseUrls) -> dict[str, str]:
    """Hand the settings on, so that a flag of the command line reaches every part."""
    return {
        "TONGSHANG_APP_DATABASE_URL": urls.app_text,
        "TONGSHANG_DATABASE_URL": urls.owner_text,
        "TONGSHANG_DATA_DIR": str(settings.data_dir),
        "TONGSHANG_HOST": settings.host,
        "TONGSHANG_PORT": str(settings.port),
        "TONGSHANG_SANDBOX_PORT": str(sandbox_port(settings)),
    }


def _wait_until_healthy(settings: Settings, supervisor: Supervisor) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        _complain_of_dead(supervisor)
        if _answers(_reachable(settings.host), settings.port):
            return
        threading.Event().wait(0.1)
    raise CannotStart(
        f"The web app did not answer within {START_SECONDS} seconds."
        f" Look at {settings.data_dir / 'logs'}."
    )


def _answers(host: str, port: int) -> bool:
    # The standard library suffices here, is loaded at once, and asks no proxy.
    connection = HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104


def _complain_of_dead(supervisor: Supervisor) -> None:
    # What dies before anything was ever well has a reason that starting again does not cure.
    dead = supervisor.dead()
    if dead is not None:
        raise CannotStart(
            f"The part “{dead.name}” ended unexpectedly; its last words ({dead.log}):\n  "
            + "\n  ".join(last_lines(dead))
        )


def _welcome(settings: Settings, options: Options) -> str:
    from app.server.first_data import logins

    return "\n".join(
        ["", f"  Tongshang 通商 → {settings.origin}", *logins(settings), "  Ctrl-C stops it.", ""]
    )

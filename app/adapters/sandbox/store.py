"""What the sandbox provider remembers, in a SQLite file of its own."""

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_SCHEMA = """
create table if not exists payments (
  number text primary key, reference text unique, amount_cents integer, currency text,
  subject text, return_url text, callback_url text, locale text, state text, created real);
create table if not exists refunds (
  refund_number text primary key, number text, amount_cents integer, created real);
create table if not exists messages (
  id integer primary key, callback_url text, body text, due real, attempts integer default 0);
create table if not exists switches (name text primary key, value text);
"""

RETRY_SECONDS = (2, 5, 15, 60, 300, 1_800, 3_600, 21_600)
"""How long after a failed delivery the next one follows; then the provider gives up."""

SWITCHES: dict[str, int] = {"fail": 0, "delay": 0, "repeat": 0, "reorder": 0}
"""fail: every payment fails; delay: seconds; repeat: extra copies; reorder: 1 = newest first."""


class Refused(Exception):
    """The request contradicts what is known; the text says how."""


class Unknown(Refused):
    """Nobody opened such a payment here."""


class SandboxStore:
    """Payments, refunds and messages waiting to be delivered. Safe for threads."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.executescript("pragma journal_mode=wal; pragma synchronous=normal;")
        self._connection.executescript(_SCHEMA)

    @contextmanager
    def _write(self) -> Generator[sqlite3.Connection]:
        with self._lock, self._connection:
            yield self._connection

    def create(self, data: dict[str, Any]) -> dict[str, Any]:
        """Open a payment; the same number again must carry the same amount."""
        with self._write() as db:
            db.execute(
                "insert or ignore into payments values (?,?,?,?,?,?,?,?,'OPEN',?)",
                [
                    data["number"],
                    "SBX" + secrets.token_hex(10),
                    data["amount_cents"],
                    data["currency"],
                    data["subject"],
                    data["return_url"],
                    data["callback_url"],
                    data["locale"],
                    time.time(),
                ],
            )
        payment = self.payment(data["number"])
        same = (payment["amount_cents"], payment["currency"])
        if same != (data["amount_cents"], data["currency"]):
            raise Refused("the number was used with another amount")
        return payment

    def payment(self, number: str) -> dict[str, Any]:
        """Return a payment by our caller's number. Raises Unknown."""
        return self._one("select * from payments where number = ?", number)

    def by_reference(self, reference: str) -> dict[str, Any]:
        """Return a payment by the provider's own reference."""
        return self._one("select * from payments where reference = ?", reference)

    def _one(self, sql: str, key: str) -> dict[str, Any]:
        with self._lock:
            row = self._connection.execute(sql, [key]).fetchone()
        if row is None:
            raise Unknown("unknown payment")
        return dict(row)

    def close(self, number: str) -> dict[str, Any]:
        """Close a payment that is not paid."""
        with self._write() as db:
            db.execute(
                "update payments set state = 'CLOSED' where number = ? and state = 'OPEN'", [number]
            )
        return self.payment(number)

    def decide(self, reference: str, *, pays: bool) -> dict[str, Any]:
        """Let the buyer pay or fail; queue the message to the merchant as the switches say."""
        switches = self.switches()
        state = "PAID" if pays and not switches["fail"] else "FAILED"
        with self._write() as db:
            changed = db.execute(
                "update payments set state = ? where reference = ? and state = 'OPEN'",
                [state, reference],
            ).rowcount
        payment = self.by_reference(reference)
        if changed:
            self._queue(payment, switches)
        return payment

    def _queue(self, payment: dict[str, Any], switches: dict[str, int]) -> None:
        kind = "paid" if payment["state"] == "PAID" else "failed"
        body = {
            "event_id": "EV" + secrets.token_hex(10),
            "kind": kind,
            "number": payment["number"],
            "amount_cents": payment["amount_cents"],
            "currency": payment["currency"],
            "reference": payment["reference"],
        }
        with self._write() as db:
            for copy in range(1 + switches["repeat"]):
                due = time.time() + switches["delay"] + copy
                db.execute(
                    "insert into messages (callback_url, body, due) values (?,?,?)",
                    [payment["callback_url"], json.dumps(body), due],
                )

    def refund(self, number: str, refund_number: str, amount_cents: int) -> str:
        """Give money back once per refund number. Raises Refused beyond what was paid."""
        payment = self.payment(number)
        with self._write() as db:
            before = db.execute(
                "select amount_cents from refunds where refund_number = ?", [refund_number]
            ).fetchone()
            if before is not None:
                if before["amount_cents"] != amount_cents:
                    raise Refused("the refund number was used with another amount")
                return "REFUNDED"
            total = db.execute(
                "select coalesce(sum(amount_cents), 0) from refunds where number = ?", [number]
            ).fetchone()[0]
            if payment["state"] != "PAID" or total + amount_cents > payment["amount_cents"]:
                raise Refused("more than was paid")
            db.execute(
                "insert into refunds values (?,?,?,?)",
                [refund_number, number, amount_cents, time.time()],
            )
            return "REFUNDED"

    def due_messages(self) -> list[dict[str, Any]]:
        """Return the messages to be delivered now."""
        order = "desc" if self.switches()["reorder"] else "asc"
        with self._lock:
            rows = self._connection.execute(
                f"select * from messages where due <= ? order by id {order} limit 50", [time.time()]
            ).fetchall()
        return [dict(row) for row in rows]

    def delivered(self, message_id: int, attempts: int, *, accepted: bool) -> None:
        """Forget a message that was accepted or given up; try a refused one again later."""
        with self._write() as db:
            if accepted or attempts >= len(RETRY_SECONDS):
                db.execute("delete from messages where id = ?", [message_id])
            else:
                db.execute(
                    "update messages set due = ?, attempts = ? where id = ?",
                    [time.time() + RETRY_SECONDS[attempts], attempts + 1, message_id],
                )

    def switches(self) -> dict[str, int]:
        """Return how the provider misbehaves at present."""
        with self._lock:
            rows = self._connection.execute("select name, value from switches").fetchall()
        return SWITCHES | {row["name"]: int(row["value"]) for row in rows}

    def set_switches(self, values: dict[str, int]) -> None:
        """Change how the provider misbehaves."""
        known = {name: value for name, value in values.items() if name in SWITCHES}
        with self._write() as db:
            db.executemany("insert or replace into switches values (?,?)", list(known.items()))

    def recent(self) -> list[dict[str, Any]]:
        """Return the latest payments, for the control page."""
        with self._lock:
            rows = self._connection.execute(
                "select * from payments order by created desc limit 20"
            ).fetchall()
        return [dict(row) for row in rows]

    def waiting(self) -> int:
        """Return how many messages wait to be delivered."""
        with self._lock:
            return self._connection.execute("select count(*) from messages").fetchone()[0]

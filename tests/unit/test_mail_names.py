"""Mails of different keys stay apart, in the outbox folder and by their Message-ID."""

import email
import re
from pathlib import Path

from app.adapters.mail import Mail, OutboxMailer


async def test_mails_of_different_keys_are_kept_beside_each_other(tmp_path: Path) -> None:
    keys = ("buyer:01a2:PLACED", "buyer:01a2:PAID", "approved:2026-11-30 17:09:33+00:01a2")
    for key in keys:
        await OutboxMailer(tmp_path).send(Mail("a@test.example", "Told", "Told.", key=key))
    files = list(tmp_path.glob("*.eml"))
    names = {email.message_from_bytes(file.read_bytes())["Message-ID"] for file in files}
    assert len(files) == len(names) == len(keys)
    # What stands before the @ may hold neither spaces nor colons (RFC 5322, dot-atom).
    assert all(re.fullmatch(r"<[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*@[a-z]+>", name) for name in names)


async def test_a_mail_sent_twice_is_one_file(tmp_path: Path) -> None:
    for _ in range(2):
        await OutboxMailer(tmp_path).send(Mail("a@test.example", "Told", "Told.", key="a:b"))
    assert len(list(tmp_path.iterdir())) == 1

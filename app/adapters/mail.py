"""Mail: through a server where one is configured, else into files that the operator can read."""

import asyncio
import re
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from app.kit.ids import new_id
from app.kit.settings import settings

TIMEOUT_SECONDS = 20


@dataclass(frozen=True)
class MailFile:
    """A file that goes with a message."""

    name: str
    media_type: str
    body: bytes


@dataclass(frozen=True)
class Mail:
    """One message to one person: a plain text and, if there is more to show, the same as HTML."""

    to: str
    subject: str
    text: str
    html: str = ""
    files: tuple[MailFile, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    key: str = ""
    """Names the message for ever, so that one sent twice can be known as the same."""


class Mailer(Protocol):
    """A way by which mail leaves."""

    async def send(self, mail: Mail) -> None:
        """Hand over one message. Raises OSError (SMTPException is one) when that fails."""
        ...


class OutboxMailer:
    """Writes each message to a file of its own, for installations without a mail server."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, mail: Mail) -> None:
        """Keep the message as an ``.eml`` file that only the operator can read."""
        await asyncio.to_thread(self._write, mail)

    def _write(self, mail: Mail) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self._folder / f"{_name(mail) or new_id()}.eml"
        file.touch(mode=0o600)
        file.write_bytes(bytes(_message(mail, "tongshang@localhost")))


class SmtpMailer:
    """Sends through ``smtp://user:password@host:587?from=shop@example.com`` (or ``smtps://``)."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)

    async def send(self, mail: Mail) -> None:
        """Send the message; encrypted wherever the server can (always for ``smtps``)."""
        await asyncio.to_thread(self._deliver, mail)

    def _deliver(self, mail: Mail) -> None:
        message = _message(mail, _sender(self._url))
        with self._connection() as server:
            if self._url.username:
                server.login(unquote(self._url.username), unquote(self._url.password or ""))
            server.send_message(message)

    def _connection(self) -> smtplib.SMTP:
        host, tls = self._url.hostname or "localhost", ssl.create_default_context()
        if self._url.scheme == "smtps":
            return smtplib.SMTP_SSL(
                host, self._url.port or 465, timeout=TIMEOUT_SECONDS, context=tls
            )
        server = smtplib.SMTP(host, self._url.port or 587, timeout=TIMEOUT_SECONDS)
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=tls)
        return server


def stays_here() -> bool:
    """Say whether mail is not sent but kept in the outbox folder."""
    return not settings().smtp_url


def mailer() -> Mailer:
    """Return the way that the settings name."""
    url = settings().smtp_url
    return SmtpMailer(url) if url else OutboxMailer(settings().data_dir / "outbox")


def _sender(url: SplitResult) -> str:
    named = parse_qs(url.query).get("from")
    if named:
        return named[0]
    user = unquote(url.username or "tongshang")
    return user if "@" in user else f"{user}@{url.hostname}"


def _name(mail: Mail) -> str:
    """Return a mail's key as a file's name and the left of a Message-ID may be; keys stay apart."""
    return re.sub(r"[^0-9A-Za-z-]+", ".", mail.key).strip(".")


def _message(mail: Mail, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = f"Tongshang <{sender}>"
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Date"] = formatdate(localtime=True)
    domain = sender.rpartition("@")[2]
    message["Message-ID"] = (
        f"<{key}@{domain}>" if (key := _name(mail)) else make_msgid(domain=domain)
    )
    message["Auto-Submitted"] = "auto-generated"
    for name, value in mail.headers.items():
        message[name] = value
    message.set_content(mail.text)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    for file in mail.files:
        main, _, sub = file.media_type.partition("/")
        message.add_attachment(file.body, maintype=main, subtype=sub, filename=file.name)
    return message

"""A browser without script: follows links, keeps cookies, sends forms as they stand in the page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx
from fastapi import FastAPI

AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1"


@dataclass
class Form:
    """A form: where it goes, what its fields hold, which buttons send it."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict[str, str])
    buttons: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


class Page(HTMLParser):
    """What a page holds, read as a browser reads it."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.html = html
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.data: list[str] = []
        """The contents of the page's JSON scripts."""
        self.words: list[str] = []
        self._form: Form | None = None
        self._select = ""
        self._inside = ""
        self.feed(html)

    @property
    def text(self) -> str:
        """What a person reads."""
        return " ".join(" ".join(self.words).split())

    def form(self, action: str) -> Form:
        """Return the first form that goes to an address ending in ``action``."""
        return next(form for form in self.forms if urlsplit(form.action).path.endswith(action))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))
        elif tag == "form":
            self._form = Form(str(given.get("action") or ""), str(given.get("method") or "get"))
            self.forms.append(self._form)
        elif tag in ("script", "style"):
            self._inside = str(given.get("type") or tag)
        elif self._form is not None:
            self._field(self._form, tag, given)

    def _field(self, form: Form, tag: str, given: dict[str, str | None]) -> None:
        name, value = given.get("name"), given.get("value") or ""
        if tag == "select":
            self._select = name or ""
            form.fields[self._select] = ""
        elif tag == "option" and "selected" in given:
            form.fields[self._select] = value
        elif tag == "button" and name:
            form.buttons.append((name, value))
        elif tag == "input" and name and "disabled" not in given and _is_sent(given):
            form.fields[name] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag in ("script", "style"):
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if "json" in self._inside:
            self.data.append(data)
        elif not self._inside:
            self.words.append(data)


def _is_sent(given: Mapping[str, str | None]) -> bool:
    return given.get("type") not in ("radio", "checkbox") or "checked" in given


class Browser:
    """One visitor of the web app."""

    def __init__(self, web: FastAPI, language: str = "zh-CN") -> None:
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(web),
            base_url="http://shop.example",
            headers={"user-agent": AGENT, "accept-language": language},
        )
        self.status = 0
        self.address = ""
        self.answer: httpx.Response
        self.page = Page("")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.http.aclose()

    async def open(self, address: str) -> Page:
        """Go to an address, following redirects inside the app."""
        return await self._arrive(await self.http.get(address))

    async def send(self, form: Form, button: tuple[str, str] | None = None, **typed: str) -> Page:
        """Send a form, with what was typed and the button that was pressed."""
        pressed = dict([button]) if button else {}
        fields: Mapping[str, str] = form.fields | typed | pressed
        headers = {"origin": "http://shop.example", "sec-fetch-site": "same-origin"}
        return await self._arrive(
            await self.http.post(form.action, data=dict(fields), headers=headers)
        )

    async def _arrive(self, answer: httpx.Response) -> Page:
        while answer.is_redirect:
            self.address = answer.headers["location"]
            where = urlsplit(self.address)
            if where.netloc and not where.path.startswith("/s/"):
                break  # The provider's pay page is another site.
            answer = await self.http.get(where._replace(scheme="", netloc="").geturl())
        else:
            self.address = str(answer.request.url.raw_path.decode())
        self.answer, self.status = answer, answer.status_code
        self.page = Page(answer.text)
        return self.page

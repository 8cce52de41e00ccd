"""Templates in two languages, and the answers made of them."""

import gzip
import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from fastapi import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from app.adapters.couriers import carrier_of
from app.kit.i18n import DEFAULT, gettext, in_chinese, moment_text, money_text, plural, yuan
from app.kit.phones import masked, readable
from app.kit.regions import PROVINCES
from app.routes import media
from app.services.shopfront import Aisle
from app.services.visits import Act
from app.storefront import words
from app.storefront.assets import accepts_gzip, address
from app.storefront.colours import palette
from app.storefront.counting import count
from app.storefront.visit import CAMPAIGN, SWITCHES, Visit

TEMPLATES = Path(__file__).parent / "templates"
PUBLIC_SECONDS = 30
"""How long a page without anything of the visitor may be kept on the way to the browser."""


class _Titled(Protocol):
    @property
    def title(self) -> str: ...
    @property
    def title_en(self) -> str: ...


@lru_cache(maxsize=2)
def templates(locale: str) -> Environment:
    """Return the templates in one language."""
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    _speak(env, locale)
    # Jinja leaves these two dictionaries without types.
    untyped: Any = env
    untyped.filters.update(
        money=money_text,
        yuan=yuan,
        moment=moment_text,
        masked=masked,
        phone=readable,
        iso=_iso,
        json_data=json_data,
    )
    untyped.globals.update(_globals(locale))
    return env


def _globals(locale: str) -> dict[str, object]:
    return {
        "en": locale == "en",
        "asset": address,
        "media": media,
        "provinces": PROVINCES,
        "word": partial(words.word, locale),
        "carrier": partial(_carrier, locale),
        "name_of": partial(_name, locale),
        "aisle_name": partial(aisle_name, locale),
        "text": partial(gettext, locale),
    }


def _speak(env: Environment, locale: str) -> None:
    """Let ``_`` and ``trans`` of the templates give the locale's texts."""
    one = partial(gettext, locale)

    def several(single: str, many: str, n: int) -> str:
        # Jinja fills the places itself, afterwards.
        english = single if n == 1 else many
        return in_chinese(plural(single, many)) if locale == DEFAULT else one(english)

    extension: Any = env
    extension.install_gettext_callables(one, several, newstyle=True)
    env.policies["ext.i18n.trimmed"] = True


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _name(locale: str, row: _Titled) -> str:
    return row.title_en if locale == "en" and row.title_en else row.title


def aisle_name(locale: str, aisle: Aisle) -> str:
    """Return a category's name in the reader's language."""
    return aisle.name_en if locale == "en" else aisle.name_zh


def _carrier(locale: str, code: str) -> str:
    carrier = carrier_of(code)
    return carrier.name_en if locale == "en" else carrier.name_zh


def json_data(value: object) -> Markup:
    """Return a value as JSON that can stand inside a script element without ending it."""
    text = json.dumps(value, ensure_ascii=False, default=_plain)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)  # noqa: S704 (every character that HTML could take up is escaped above)


def _plain(value: object) -> object:
    if isinstance(value, UUID):
        return value.hex
    raise TypeError(type(value).__name__)


def fragment(visit: Visit, name: str, **values: object) -> str:
    """Return a template as text."""
    return templates(visit.locale).get_template(name).render(**_common(visit), **values)


def page(
    visit: Visit,
    name: str,
    *,
    status: int = 200,
    public: bool = False,
    counts: Act | None = None,
    **values: object,
) -> Response:
    """Return a page of the visit.

    ``public`` pages hold nothing of the visitor but language and theme; they may be cached for a
    short while as long as the visitor has no cart. ``counts`` is what the visitor did by coming.
    """
    html = fragment(visit, name, status=status, **values).encode()
    headers = {"cache-control": _caching(visit, public), "vary": "Cookie, Accept-Language"}
    if not public:
        # The address of an order holds its secret.
        headers |= {"referrer-policy": "same-origin", "x-robots-tag": "noindex"}
    if accepts_gzip(visit.request):
        html = gzip.compress(html, 6)
        headers |= {"content-encoding": "gzip"}
    headers["vary"] += ", Accept-Encoding"
    if counts is not None and status < 400:
        count(visit, counts)
    response = Response(html, status, headers, "text/html; charset=utf-8")
    visit.send_cookies(response)
    return response


def see_other(visit: Visit, address: str, *, counts: Act | None = None) -> Response:
    """Send the browser to another page with GET, after a form."""
    if counts is not None:
        count(visit, counts)
    headers = {"location": address, "cache-control": "no-store"}
    response = Response(status_code=303, headers=headers)
    visit.send_cookies(response)
    return response


def _caching(visit: Visit, public: bool) -> str:
    if not public:
        return "private, no-store"
    return "private, no-cache" if visit.is_private else f"public, max-age={PUBLIC_SECONDS}"


def _common(visit: Visit) -> Mapping[str, object]:
    return {
        "visit": visit,
        "front": visit.front,
        "home": visit.home,
        "start": visit.start,
        "style": palette(visit.front.accent).style,
        "here": visit.path,
        "switch": _switch(visit),
        "canonical": visit.canonical(visit.path),
    }


def _switch(visit: Visit) -> Mapping[str, str]:
    """Return the addresses of this page in the other language and in either theme."""
    url = visit.request.url.replace(path=visit.path)
    # After a refused form the address takes no GET; the switches then lead to the store's start.
    base = url if visit.request.method == "GET" else url.replace(path=visit.start, query="")

    def with_(**params: str) -> str:
        changed = base.remove_query_params([*SWITCHES, *CAMPAIGN]).include_query_params(**params)
        return f"{changed.path}?{changed.query}"

    other = "zh" if visit.locale == "en" else "en"
    return {"lang": with_(lang=other), "light": with_(theme="light"), "dark": with_(theme="dark")}

"""Buttons, badges, cards, page heads, empty states: the small parts of every screen."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import reflex as rx

from app.kit.mark import PATH, RADIUS, SIZE
from components.ui.text import t, word

Tone = Literal["good", "warn", "bad", "info", "plain"]

TONES: Mapping[str, Tone] = {
    "ACTIVE": "good",
    "APPROVED": "good",
    "OPEN": "good",
    "ON": "good",
    "NOW": "good",
    "DELIVERED": "good",
    "applied": "good",
    "reopened": "info",
    "amount_mismatch": "bad",
    "failed": "bad",
    "LATER": "info",
    "ON_SALE": "good",
    "COMPLETED": "good",
    "DONE": "good",
    "RECEIVED": "good",
    "SUCCEEDED": "good",
    "SENT": "good",
    "PINNED": "info",
    "WAITING": "warn",
    "NO_ACCESS": "bad",
    "AVAILABLE": "good",
    "PAID": "info",
    "ACCEPTED": "info",
    "SHIPPED": "info",
    "PARTLY_SHIPPED": "info",
    "PROCESSING": "info",
    "CHECKING": "info",
    "CHECKED": "info",
    "QUEUED": "info",
    "RUNNING": "info",
    "SUBMITTED": "warn",
    "PENDING": "warn",
    "PENDING_PAYMENT": "warn",
    "NEEDS_REPRICE": "warn",
    "LOW": "warn",
    "BROKEN_OFF": "warn",
    "STOPPED": "warn",
    "CANCELLED": "warn",
    "REJECTED": "bad",
    "SUSPENDED": "bad",
    "FAILED": "bad",
    "OUT": "bad",
    "REFUNDING": "warn",
    "REFUNDED": "bad",
}
"""What colour a status has; every other one is plain."""


def mark() -> rx.Component:
    """Return the product's mark in the colours of the workspace."""
    size = f"{SIZE}"
    return rx.el.svg(
        rx.el.svg.rect(width=size, height=size, rx=f"{RADIUS}"),
        rx.el.svg.path(d=PATH),
        view_box=f"0 0 {size} {size}",
        class_name="mark",
        custom_attrs={"aria-hidden": "true"},
    )


def icon(name: str, size: int = 16) -> rx.Component:
    """Return a decorative icon, hidden from screen readers."""
    return rx.icon(name, size=size, custom_attrs={"aria-hidden": "true"}, class_name="icon")


ONCE = {"data-console-once": ""}
"""The attribute of a control that must not act twice: a double click on it counts once."""


def button(
    label: Any,
    *,
    kind: Literal["primary", "plain", "danger", "quiet"] = "plain",
    icon_name: str = "",
    busy: Any = None,
    once: bool | None = None,
    **props: Any,
) -> rx.Component:
    """Return a button; ``busy`` disables it and turns a spinner while it works.

    The second click of a double click does nothing to one that acts ``once``: by default those
    that send a form or are the one thing that a page or dialog is for.
    """
    inside: list[Any] = [icon(icon_name)] if icon_name else []
    if busy is not None:
        props["disabled"] = busy
        props["aria_busy"] = busy
    props.setdefault("type", "button")
    if once is None:
        once = props["type"] == "submit" or kind in ("primary", "danger")
    if once:
        props["custom_attrs"] = {**props.get("custom_attrs", {}), **ONCE}
    return rx.el.button(*inside, rx.el.span(label), class_name=f"btn btn-{kind}", **props)


def icon_button(name: str, label: Any, **props: Any) -> rx.Component:
    """Return a button that shows only an icon; ``label`` is read out and shown as a hint."""
    props.setdefault("type", "button")
    class_name = f"icon-btn {props.pop('class_name', '')}"
    return rx.el.button(
        icon(name, 18), aria_label=label, title=label, class_name=class_name, **props
    )


def link_button(
    label: Any, href: Any, *, kind: str = "plain", icon_name: str = "", **props: Any
) -> rx.Component:
    """Return a link that looks like a button."""
    inside: list[Any] = [icon(icon_name)] if icon_name else []
    return rx.link(*inside, rx.el.span(label), href=href, class_name=f"btn btn-{kind}", **props)


def badge(code: rx.Var[str], words: Iterable[tuple[str, str]]) -> rx.Component:
    """Return a status as a coloured word."""
    words = tuple(words)
    tone = rx.match(
        code, *((value, f"badge badge-{TONES.get(value, 'plain')}") for value, _ in words), "badge"
    )
    return rx.cond(code != "", rx.el.span(word(code, words), class_name=tone), rx.fragment())


def note(text: Any, tone: Tone = "info", *more: rx.Component) -> rx.Component:
    """Return a banner that says something about the page."""
    return rx.el.div(rx.el.span(text), *more, class_name=f"note note-{tone}", role="status")


def card(*children: Any, title: Any = None, actions: Any = None, **props: Any) -> rx.Component:
    """Return a surface that groups what belongs together."""
    head = []
    if title is not None:
        side = actions if actions is not None else rx.fragment()
        head = [rx.el.div(rx.el.h2(title), side, class_name="card-head")]
    class_name = f"card {props.pop('class_name', '')}"
    return rx.el.section(*head, *children, class_name=class_name, **props)


def page_head(
    title: Any, *actions: rx.Component, hint: Any = None, back: Any = None, level: int = 1
) -> Any:
    """Return a page's title with its actions at the right, and a way back above it."""
    up = (
        rx.link(icon("arrow-left"), rx.el.span(t("Back")), href=back, class_name="back")
        if (back is not None)
        else rx.fragment()
    )
    under = rx.el.p(hint, class_name="hint") if hint is not None else rx.fragment()
    return rx.el.div(
        up,
        rx.el.div(
            rx.el.div(rx.el.h1(title) if level == 1 else rx.el.h2(title), under),
            rx.el.div(*actions, class_name="actions"),
            class_name="page-head-row",
        ),
        class_name="page-head",
    )


def empty(title: Any, hint: Any = None, *actions: rx.Component, name: str = "inbox") -> Any:
    """Return what a list shows when there is nothing: what would be here, and one thing to do."""
    under = rx.el.p(hint) if hint is not None else rx.fragment()
    return rx.el.div(
        rx.el.div(icon(name, 24), class_name="empty-icon"),
        rx.el.h3(title),
        under,
        rx.el.div(*actions, class_name="actions"),
        class_name="empty",
    )


def skeleton(lines: int = 6) -> rx.Component:
    """Return grey lines that stand where something loads."""
    return rx.el.div(
        *(rx.el.div(class_name="skeleton-line") for _ in range(lines)),
        class_name="skeleton",
        aria_busy="true",
        aria_label=t("Loading"),
        role="status",
    )


def facts(*pairs: tuple[Any, Any]) -> rx.Component:
    """Return labels with their values, as a description list."""
    return rx.el.dl(
        *(rx.el.div(rx.el.dt(label), rx.el.dd(value), class_name="fact") for label, value in pairs),
        class_name="facts",
    )


def amounts(texts: rx.Var[list[str]]) -> rx.Component:
    """Return one figure in each of its currencies, the most usual first and largest."""
    return rx.el.span(rx.foreach(texts, rx.el.span), class_name="amounts")


def timeline(entries: rx.Var[Any], text_of: Any) -> rx.Component:
    """Return moments in order; an entry has ``at`` and ``note``, ``text_of`` makes its text."""
    return rx.el.ol(
        rx.foreach(
            entries,
            lambda entry: rx.el.li(
                rx.el.div(text_of(entry), class_name="timeline-text"),
                rx.cond(entry["note"] != "", rx.el.p(entry["note"], class_name="soft")),
                rx.el.time(entry["at"], class_name="faint num"),
            ),
        ),
        class_name="timeline",
    )


def picture(key: rx.Var[str], alt: Any = "", size: int = 40) -> rx.Component:
    """Return a small picture of a product, or the empty picture."""
    src = rx.cond(key != "", "/media/" + key.to(str) + "/240.webp", "/no-picture.svg")
    return rx.el.img(
        src=src,
        alt=alt,
        loading="lazy",
        class_name="thumb",
        # As a style, since the page's reset of pictures is stronger than their attributes.
        style={"width": f"{size}px", "height": f"{size}px"},
    )

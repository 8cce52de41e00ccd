"""The frame of every console page: navigation, workspace switcher, palette, inbox, switches."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from app import routes
from app.kit.i18n import N_
from app.words import NOTICE, ORDER_STATUS, PART_STATUS, PRODUCT_STATUS
from components.layouts.page_fault import page_fault
from components.ui import base
from components.ui.links import outside_link
from components.ui.text import ENGLISH, speaker, t, word
from components.unsaved import LeaveGuard
from state.checklists import ChecklistState
from state.nav import NAV, NavItem
from state.shell import ShellState

SCOPES = (
    ("platform", N_("Platform")),
    ("supplier", N_("Supplier")),
    ("distributor", N_("Distributor")),
)

_ICONS = (
    ("page", "arrow-right"),
    ("order", "shopping-bag"),
    ("product", "package"),
    ("merchant", "building-2"),
    ("customer", "contact"),
)


_HINTS = tuple(
    (f"{kind}.{code}", label)
    for kind, words in (
        ("order", ORDER_STATUS),
        ("part", PART_STATUS),
        ("product", PRODUCT_STATUS),
    )
    for code, label in words
)
"""What stands beside a hit of the palette: the status of what was found."""


def shell(scope: str, *body: Any) -> rx.Component:
    """Return a page inside its frame; ``scope`` gives the colour cue."""
    return rx.el.div(
        # Before what the page itself says, which is then in that language.
        speaker(ShellState.speak, once=True),
        outside_link(t("Skip to content"), href="#content", class_name="skip"),
        rx.el.input(type="checkbox", id="nav-open", class_name="nav-open", aria_label=t("Menu")),
        _side(scope),
        rx.el.label(html_for="nav-open", class_name="nav-shade", aria_hidden="true"),
        rx.el.div(
            _top(scope),
            rx.cond(
                ShellState.suspended,
                base.note(
                    t("This company is suspended: you can look at everything but change nothing."),
                    "bad",
                ),
            ),
            rx.el.main(page_fault(), *body, id="content", tab_index=-1, class_name="content"),
            class_name="main",
        ),
        _palette(),
        _shortcuts(scope),
        LeaveGuard.create(),
        class_name="shell",
        custom_attrs={"data-scope": scope},
    )


# Side ------------------------------------------------------------------------------------------


def _side(scope: str) -> rx.Component:
    return rx.el.aside(
        rx.el.div(
            base.mark(),
            rx.el.span(rx.el.b("通商"), " Tongshang", class_name="brand-name"),
            class_name="brand",
        ),
        _switcher(scope),
        rx.el.nav(*_groups(scope), aria_label=t("Pages"), class_name="nav"),
        _user(),
        class_name="side",
    )


def _groups(scope: str) -> list[rx.Component]:
    out: list[rx.Component] = []
    group = ""
    for item in NAV[scope]:
        if item.group != group:
            group = item.group
            out.append(_heading(group, NAV[scope]))
        out.append(_nav_link(item))
    return out


def _heading(group: str, items: Sequence[NavItem]) -> rx.Component:
    """Return the heading of a group, for those who may open something of it."""
    needed = [item.permission for item in items if item.group == group]
    opens = ShellState.may.contains(needed[0])
    for permission in needed[1:]:
        opens = opens | ShellState.may.contains(permission)
    return rx.cond(opens, rx.el.p(t(group), class_name="nav-group"))


def _nav_link(item: NavItem) -> rx.Component:
    href = ShellState.path + "/" + item.page
    here = rx.State.router.url.path.startswith(href)  # type: ignore[attr-defined]
    return rx.cond(
        ShellState.may.contains(item.permission),
        rx.link(
            base.icon(item.icon),
            rx.el.span(t(item.label)),
            href=href,
            class_name=rx.cond(here, "nav-item here", "nav-item"),
            custom_attrs={
                "aria-current": rx.cond(here, "page", "false"),
                "data-console-go": item.key,
                "data-page": item.page,
            },
        ),
    )


def _switcher(scope: str) -> rx.Component:
    name = rx.cond(ShellState.workspace_name != "", ShellState.workspace_name, t("Tongshang"))
    return rx.popover.root(
        rx.popover.trigger(
            rx.el.button(
                rx.el.span(class_name="dot", aria_hidden="true"),
                rx.el.span(
                    rx.el.b(name),
                    rx.el.small(t(dict(SCOPES)[scope])),
                    class_name="switch-name",
                ),
                base.icon("chevrons-up-down", 14),
                type="button",
                class_name="switcher",
                custom_attrs={"data-console-switcher": ""},
            )
        ),
        rx.popover.content(
            rx.el.div(
                rx.el.h3(t("Switch workspace")),
                rx.foreach(ShellState.workspaces, _place),
                outside_link(
                    base.icon("plus"),
                    t("Apply with another company"),
                    href="/apply",
                    class_name="menu-item",
                ),
                class_name="menu places",
            ),
            class_name="popover",
            align="start",
        ),
    )


def _place(place: rx.Var[dict[str, str]]) -> rx.Component:
    # A plain link: a whole page load, so that nothing of the last workspace stays in the tab.
    return outside_link(
        rx.el.span(class_name="dot", aria_hidden="true"),
        rx.el.span(
            rx.el.b(rx.cond(place["name"] != "", place["name"], t("Tongshang"))),
            rx.el.small(word(place["scope"], SCOPES)),
            class_name="switch-name",
        ),
        rx.cond(place["here"] != "", base.icon("check", 14)),
        href=place["href"],
        class_name="menu-item place",
        custom_attrs={"data-scope": place["scope"], "data-place": place["href"]},
    )


def _user() -> rx.Component:
    return rx.popover.root(
        rx.popover.trigger(
            rx.el.button(
                base.icon("circle-user-round", 20),
                rx.el.span(
                    rx.el.b(ShellState.user_name),
                    rx.el.small(ShellState.user_email),
                    class_name="switch-name",
                ),
                type="button",
                class_name="switcher user",
            )
        ),
        rx.popover.content(
            rx.el.div(
                outside_link(
                    base.icon("shield"),
                    t("Account and security"),
                    href="/me",
                    class_name="menu-item",
                ),
                outside_link(
                    base.icon("layout-grid"),
                    t("All workspaces"),
                    href=routes.WORKSPACES,
                    class_name="menu-item",
                ),
                rx.el.button(
                    base.icon("list-checks"),
                    t("Show the first steps"),
                    type="button",
                    on_click=ChecklistState.show_again,
                    class_name="menu-item",
                ),
                rx.el.form(
                    rx.el.button(
                        base.icon("log-out"), t("Sign out"), type="submit", class_name="menu-item"
                    ),
                    method="post",
                    action=routes.LOGOUT,
                    custom_attrs={"data-native": "", "data-form-sign-out": ShellState.user_id},
                ),
                class_name="menu",
            ),
            class_name="popover",
            side="top",
            align="start",
        ),
    )


# Top -------------------------------------------------------------------------------------------


def _top(scope: str) -> rx.Component:
    del scope
    return rx.el.header(
        rx.el.label(
            base.icon("menu", 20),
            html_for="nav-open",
            class_name="icon-btn burger",
            title=t("Menu"),
        ),
        rx.el.button(
            base.icon("search"),
            rx.el.span(t("Search or go to…")),
            rx.el.kbd("Ctrl K"),
            type="button",
            on_click=ShellState.open_palette,
            class_name="palette-button",
            custom_attrs={"data-console-palette": ""},
        ),
        rx.el.div(_language(), _theme(), _inbox(), class_name="top-end"),
        class_name="top",
    )


def _language() -> rx.Component:
    return rx.el.button(
        rx.cond(ENGLISH, "中文", "EN"),
        type="button",
        on_click=rx.cond(
            ENGLISH,
            rx.call_script("chooseLanguage('zh')"),
            rx.call_script("chooseLanguage('en')"),
        ),
        aria_label=rx.cond(ENGLISH, "切换到中文", "Switch to English"),
        class_name="icon-btn lang",
    )


def _theme() -> rx.Component:
    return rx.el.button(
        rx.color_mode_cond(base.icon("moon", 18), base.icon("sun", 18)),
        type="button",
        on_click=rx.toggle_color_mode,
        aria_label=t("Light or dark"),
        title=t("Light or dark"),
        class_name="icon-btn",
        custom_attrs={"data-console-theme-toggle": ""},
    )


def _inbox() -> rx.Component:
    return rx.popover.root(
        rx.popover.trigger(
            rx.el.button(
                base.icon("bell", 18),
                rx.cond(ShellState.unread > 0, rx.el.span(ShellState.unread, class_name="count")),
                type="button",
                aria_label=t("Notices: %(count)s unread", count=ShellState.unread),
                class_name="icon-btn bell",
            )
        ),
        rx.popover.content(
            rx.el.div(
                rx.el.div(
                    rx.el.h3(t("Notices")),
                    base.button(t("Mark all as read"), kind="quiet", on_click=ShellState.read_all),
                    class_name="row-between",
                ),
                rx.cond(
                    ShellState.notices.length() > 0,
                    rx.el.ul(rx.foreach(ShellState.notices, _notice), class_name="notices"),
                    base.empty(
                        t("No notices"), t("What needs your attention appears here."), name="bell"
                    ),
                ),
                class_name="menu inbox",
            ),
            class_name="popover",
            align="end",
        ),
        open=ShellState.inbox_open,
        on_open_change=ShellState.toggle_inbox,
    )


def _notice(notice: rx.Var[dict[str, str]]) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            rx.el.b(word(notice["kind"], NOTICE)),
            rx.el.span(notice["about"]),
            rx.el.time(notice["at"], class_name="faint num"),
            type="button",
            on_click=ShellState.read_notice(notice["id"], notice["path"]),
            class_name=rx.cond(notice["unread"] != "", "notice unread", "notice"),
        )
    )


# Palette ---------------------------------------------------------------------------------------


def _palette() -> rx.Component:
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title(t("Search or go to…"), class_name="sr-only"),
            rx.dialog.description(
                t("Pages, orders, products, merchants and workspaces."), class_name="sr-only"
            ),
            rx.el.form(
                base.icon("search", 18),
                rx.el.input(
                    name="typed",
                    placeholder=t("Order number, product, page …"),
                    aria_label=t("Search or go to…"),
                    auto_focus=True,
                    auto_complete="off",
                    on_change=ShellState.look_up.debounce(160),
                    class_name="palette-input",
                    custom_attrs={"data-palette-input": ""},
                ),
                on_submit=ShellState.visit_first,
                class_name="palette-form",
            ),
            rx.el.div(
                rx.foreach(ShellState.found, _hit),
                rx.cond(
                    ShellState.found.length() == 0,
                    rx.el.p(t("Nothing matches"), class_name="soft pad"),
                ),
                class_name="hits",
            ),
            class_name="dialog palette",
        ),
        open=ShellState.palette_open,
        on_open_change=ShellState.close_palette,
    )


def _hit(hit: rx.Var[dict[str, str]]) -> rx.Component:
    return rx.el.button(
        rx.match(
            hit["kind"],
            *((kind, base.icon(name)) for kind, name in _ICONS),
            base.icon("building-2"),
        ),
        rx.el.span(rx.cond(ENGLISH, hit["en"], hit["zh"])),
        rx.el.small(word(hit["hint"], _HINTS), class_name="faint"),
        type="button",
        on_click=ShellState.visit(hit["href"]),
        class_name="hit",
    )


def _shortcuts(scope: str) -> rx.Component:
    rows = [("Ctrl K", t("Search or go to…")), ("/", t("Search in this list"))]
    rows += [(f"G {item.key.upper()}", t(item.label)) for item in NAV[scope] if item.key]
    return rx.el.dialog(
        rx.el.h2(t("Keyboard")),
        rx.el.dl(
            *(rx.el.div(rx.el.dt(rx.el.kbd(keys)), rx.el.dd(what)) for keys, what in rows),
            class_name="keys",
        ),
        rx.el.form(
            rx.el.button(t("Close"), class_name="btn btn-plain"),
            method="dialog",
            custom_attrs={"data-native": ""},
        ),
        id="shortcuts",
        class_name="shortcuts",
    )

"""Composition root: the console's pages, the gate before its events, and what is served beside."""

from typing import Any

import reflex as rx
from reflex.state import FrontendEventExceptionState

from app import pages
from app.analytics import warm_up
from app.api.edge import Edge
from app.api.store_hosts import StoreHosts
from app.api.web import make_web
from app.kit.tokens import tokens_css
from app.server.lifespan import serving
from app.services.visits import counting
from components.layouts.lost import lost
from components.layouts.shell import shell
from components.layouts.toasts import connection_notice, toaster
from components.ui.text import t
from state.delivery import deliver_only_to_askers
from state.gate import Gate, audit_handlers, unforeseen
from state.shell import ShellState
from state.tabs import keep_tabs_small

STYLES = ("console", *pages.AREAS, "house", "board", "imports")
"""Stylesheets in ``assets``: what all pages share, then what one kind of workspace adds."""


def _head() -> list[rx.Component]:
    return [
        rx.el.style(tokens_css()),
        rx.el.script(src="/console.js", defer=True),
        rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
        rx.el.meta(name="viewport", content="width=device-width, initial-scale=1"),
    ]


def _add_pages(web: rx.App) -> None:
    for scope, module in pages.modules():
        title = t(module.TITLE)

        def body(scope: str = scope, module: Any = module) -> rx.Component:
            return shell(scope, module.page())

        web.add_page(
            body,
            route=module.ROUTE,
            title=title + " · 通商 Tongshang",  # pyright: ignore[reportOperatorIssue]
            on_load=[ShellState.load, module.LOAD],
        )
    web.add_page(lost, route="404", title=t("Page not found") + " · 通商 Tongshang")  # pyright: ignore[reportOperatorIssue]


app = rx.App(
    head_components=_head(),
    stylesheets=[f"/{name}.css" for name in STYLES],
    html_lang="zh-CN",
    toaster=toaster(),
    # In the place of Reflex's own notice, which is English and names addresses.
    extra_app_wraps={(5, "Overlay"): lambda _: rx.fragment(connection_notice())},
    # The last stands before everything else: the edge sees which store a host name belongs to.
    api_transformer=[make_web(), Edge, StoreHosts],
    enable_state=True,
    backend_exception_handler=unforeseen,
)
# A fault of a script is logged; Reflex would load the page again, over what is being typed.
FrontendEventExceptionState.auto_reload_on_errors = []
app.add_middleware(Gate())
deliver_only_to_askers(app)
keep_tabs_small(app)
app.register_lifespan_task(serving)
app.register_lifespan_task(counting)
app.register_lifespan_task(warm_up)
_add_pages(app)
audit_handlers()

"""The card that leads a new distributor to its first sale; it goes when all steps are done."""

from typing import Any

import reflex as rx

from components.ui import base
from components.ui.text import t
from state.distributor.stores import OnboardingState
from state.shell import ShellState


def onboarding() -> rx.Component:
    """Return the card; it reads its own progress, so any page of a distributor may show it."""
    state = OnboardingState
    path = ShellState.path
    steps = rx.el.ol(
        _step(state.has_store, "1", t("Open your store"),
              t("A name and a link are enough; you can customise it later."),
              t("Open a store"), path + "/stores"),
        _step(state.has_listing, "2", t("List products from the pool"),
              t("Choose many at once; your markup makes the prices. Suppliers hold the stock."),
              t("Choose products"), path + "/sourcing"),
        _step(state.has_order, "3", t("Share the link and make the first sale"),
              t("Suppliers ship, your margin comes to your balance."),
              t("Link and QR code"), path + "/stores/" + state.store_slug),
        class_name="steps",
    )  # fmt: skip
    card = base.card(
        rx.el.progress(
            value=state.done.to_string(),
            max="3",
            aria_label=t("Progress"),
            class_name="onboarding-bar",
        ),
        steps,
        title=t("Open your store in minutes"),
        actions=rx.el.span(t("%(count)s of 3 done", count=state.done), class_name="soft num"),
        class_name="onboarding not-printed",
    )
    return rx.el.div(rx.cond(state.shown, card), on_mount=state.load, class_name="bare")


def _step(done: Any, number: str, title: Any, hint: Any, label: Any, href: Any) -> rx.Component:
    return rx.el.li(
        rx.el.span(rx.cond(done, base.icon("check", 14), number), class_name="step-mark"),
        rx.el.div(rx.el.b(title), rx.el.p(hint, class_name="soft")),
        rx.cond(done, rx.el.span(t("Done"), class_name="badge badge-good"),
                base.link_button(label, href)),
        class_name=rx.cond(done, "step done", "step"),
    )  # fmt: skip

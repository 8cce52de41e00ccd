"""The page of a workspace's roles."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from app.access import RESOURCE_WORDS, Scope, resources
from app.kit.i18n import N_, plural
from components.ui import base, forms
from components.ui.dialogs import dialog
from components.ui.text import t, word
from components.unsaved import merge_dialog, unsaved
from state.house.roles import BUILT_IN, RolesState, RoleView
from state.shell import ShellState

_PEOPLE = plural(
    "%(count)s person",
    "%(count)s people",
)
_HAVE_THIS_ROLE = plural(
    "%(count)s person has this role. Assign instead:",
    "%(count)s people have this role. Assign instead:",
)

State = type[RolesState]
_SCOPE_NAMES = {
    "platform": N_("Platform"),
    "supplier": N_("As supplier"),
    "distributor": N_("As distributor"),
}


def roles_page(state: State, scopes: Sequence[str]) -> rx.Component:
    """Return the page; ``scopes`` are those that roles of such a workspace may span."""
    return rx.el.div(
        base.page_head(
            t("Roles"),
            _if_writer(
                state,
                base.button(t("New role"), kind="primary", icon_name="plus",
                            on_click=state.compose, custom_attrs={"data-action": "new-role"})
            ),
            hint=t("A role is a set of permissions. You can only grant permissions that you hold "
                   "yourself."),
        ),
        rx.cond(
            state.loaded,
            rx.el.div(
                rx.foreach(state.roles, lambda role: _card(state, role, scopes)),
                class_name="role-cards",
            ),
            base.card(base.skeleton(8)),
        ),
        _editor(state, scopes),
        _removal(state),
        merge_dialog(state),
        class_name="stack",
    )  # fmt: skip


def _if_writer(state: State, shown: rx.Component) -> rx.Component:
    permission = state.permission.replace(":read", ":write")
    return rx.cond(ShellState.may.contains(permission), shown)


def _card(state: State, role: rx.Var[RoleView], scopes: Sequence[str]) -> rx.Component:
    name = rx.cond(role.is_built_in, word(role.code, BUILT_IN), role.name)
    return rx.el.section(
        rx.el.div(
            rx.el.div(
                rx.el.h2(name),
                rx.cond(
                    role.is_built_in,
                    rx.el.span(t("Built in"), class_name="badge"),
                    rx.el.span(t("Own"), class_name="badge badge-info"),
                ),
                class_name="role-name",
            ),
            rx.el.span(
                t(_PEOPLE, count=role.people),
                class_name="soft num",
            ),
            class_name="row-between",
        ),
        *(_grants(state, role, scope, alone=len(scopes) == 1) for scope in scopes),
        _if_writer(state, _buttons(state, role)),
        class_name="card role-card",
        custom_attrs={"data-role": role.code},
    )


def _grants(state: State, role: rx.Var[RoleView], scope: str, *, alone: bool) -> rx.Component:
    writes = role.can[f"{scope}:write"].to(list[str])
    reads = role.can[f"{scope}:read"].to(list[str])
    lines = rx.el.div(
        rx.fragment() if alone else rx.el.h3(t(_SCOPE_NAMES[scope])),
        _line(t("Change"), writes, scope),
        _line(t("View"), reads, scope),
        class_name="grants",
    )
    return rx.cond(state.scopes.contains(scope) & (writes.length() + reads.length() > 0), lines)


def _line(label: Any, held: rx.Var[list[str]], scope: str) -> rx.Component:
    words = _resource_words(scope)
    return rx.cond(
        held.length() > 0,
        rx.el.div(
            rx.el.span(label, class_name="soft"),
            rx.el.ul(
                rx.foreach(held, lambda one: rx.el.li(word(one, words), class_name="chip")),
                class_name="chips",
            ),
            class_name="grant",
        ),
    )


def _resource_words(scope: str) -> tuple[tuple[str, str], ...]:
    return tuple((f"{scope}:{name}", RESOURCE_WORDS[name][0]) for name in resources(Scope(scope)))


def _buttons(state: State, role: rx.Var[RoleView]) -> rx.Component:
    return rx.el.div(
        base.button(t("Copy"), kind="quiet", icon_name="copy", on_click=state.copy_from(role.id)),
        rx.cond(
            role.is_built_in,
            rx.fragment(),
            rx.fragment(
                base.button(t("Edit"), icon_name="pencil", on_click=state.edit(role.id)),
                base.button(
                    t("Remove"),
                    kind="quiet",
                    icon_name="trash-2",
                    on_click=state.ask_removal(role.id),
                ),
            ),
        ),
        class_name="foot",
    )


# Dialogs ---------------------------------------------------------------------------------------


def _editor(state: State, scopes: Sequence[str]) -> rx.Component:
    return dialog(
        rx.el.form(
            unsaved(
                "role:" + state.editing, state=state, part="role", round=state.editing, notes=False
            ),
            forms.field(
                t("Name"),
                forms.text_input("name", state.name, max_length=80, key=state.editing),
                name="name",
                error=state.errors.get("name", ""),
                required=True,
            ),
            rx.cond(
                state.errors.get("permissions", "") != "",
                rx.el.p(state.errors.get("permissions", ""), class_name="fault", role="alert"),
            ),
            *(rx.cond(state.scopes.contains(s), _matrix(state, s)) for s in scopes),
            forms.form_buttons(t("Save"), cancel=state.dismiss),
            on_submit=state.save,
            custom_attrs={"data-form": "role"},
        ),
        is_open=state.editing != "",
        on_close=state.dismiss,
        title=rx.cond(state.editing == "new", t("New role"), t("Edit role")),
        wide=True,
    )


def _matrix(state: State, scope: str) -> rx.Component:
    rows = [_choice(state, scope, name, actions)
            for name, actions in resources(Scope(scope)).items()]  # fmt: skip
    return rx.el.fieldset(
        rx.el.legend(t(_SCOPE_NAMES[scope])),
        *rows,
        class_name="role-matrix",
        key=state.editing + scope,
    )


def _choice(state: State, scope: str, name: str, actions: Sequence[str]) -> rx.Component:
    key = f"{scope}:{name}"
    label, about = RESOURCE_WORDS[name]
    held = state.picked.get(key, "")
    options = [("", t("None")), ("read", t("View"))]
    options += [("write", t("Change"))] if "write" in actions else []
    return rx.el.div(
        rx.el.div(rx.el.b(t(label)), rx.el.small(t(about), class_name="soft")),
        rx.el.div(
            *(
                rx.el.label(
                    rx.el.input(type="radio", name=key, value=value, default_checked=held == value),
                    rx.el.span(text),
                )
                for value, text in options
            ),
            class_name="choice-row",
            role="radiogroup",
            aria_label=t(label),
        ),
        class_name="role-matrix-row",
        custom_attrs={"data-resource": key},
    )


def _removal(state: State) -> rx.Component:
    others = rx.foreach(
        state.roles,
        lambda role: rx.cond(
            role.id != state.leaving,
            rx.el.option(
                rx.cond(role.is_built_in, word(role.code, BUILT_IN), role.name), value=role.id
            ),
        ),
    )
    return dialog(
        rx.el.form(
            rx.cond(
                state.leaving_people > 0,
                forms.field(
                    t(_HAVE_THIS_ROLE,
                      count=state.leaving_people),
                    forms.select("instead", [others]),
                    name="instead",
                    required=True,
                ),
                rx.el.p(t("Nobody has this role.")),
            ),
            forms.form_buttons(t("Remove"), cancel=state.dismiss, danger=True),
            on_submit=state.remove,
            custom_attrs={"data-form": "remove-role"},
        ),
        is_open=state.leaving != "",
        on_close=state.dismiss,
        title=t("Remove role “%(name)s”", name=state.leaving_name),
    )  # fmt: skip

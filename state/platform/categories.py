"""The catalogue's categories: two levels, in the operator's order."""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

import reflex as rx

from app.access import Actor
from app.kit.i18n import N_
from app.queries.platform_categories import Aisle, category_tree, category_values
from app.services import categories, inputs
from app.services.categories import CategoryDraft
from state.acts import VERSION
from state.gate import acting
from state.record import ActedRecordState
from state.screens import Action, Field, Values

_WRITE = "platform:categories:write"
_FIELDS = (
    Field("name_zh", N_("Name in Chinese"), required=True),
    Field("name_en", N_("Name in English"), required=True),
    Field("parent_id", N_("Parent category"), "choice", options="parents",
          help=N_("Empty for a category of the first level.")),
    Field("slug", N_("Name in web addresses"),
          help=N_("Lower-case letters and hyphens; generated from the English name if empty.")),
)  # fmt: skip


async def _save(actor: Actor, values: Values, category_id: UUID | None) -> int:
    data = {**values, "id": category_id}
    await categories.save_category(actor, inputs.read(CategoryDraft, data), values.get(VERSION))
    return 1


async def _create(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
    del keys
    return await _save(actor, values, None)


async def _edit(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
    return await _save(actor, values, keys[0])


async def _inside(actor: Actor, key: UUID) -> dict[str, str]:
    del actor
    return {"parent_id": str(key)}


def _move(*, up: bool) -> Any:
    async def run(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
        del values
        await categories.move_category(actor, keys[0], up=up)
        return 1

    return run


async def _delete(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
    del values
    await categories.delete_category(actor, keys[0])
    return 1


class CategoriesState(ActedRecordState, rx.State):
    """The tree of categories; each of its actions is about one of them."""

    permission: ClassVar = "platform:categories:read"
    actions: ClassVar = (
        Action("create", N_("New category"), _WRITE, _create, on="list", icon="plus",
               fields=_FIELDS, done=N_("Category saved.")),
        Action("below", N_("New below"), _WRITE, _create, on="row", icon="plus", fields=_FIELDS,
               prefill=_inside, done=N_("Category saved.")),
        Action("edit", N_("Edit"), _WRITE, _edit, on="row", icon="pencil", fields=_FIELDS,
               prefill=category_values, done=N_("Category saved.")),
        Action("up", N_("Move up"), _WRITE, _move(up=True), on="row", icon="arrow-up",
               is_step=True,
               done=N_("Moved.")),
        Action("down", N_("Move down"), _WRITE, _move(up=False), on="row", icon="arrow-down",
               is_step=True,
               done=N_("Moved.")),
        Action("delete", N_("Delete"), _WRITE, _delete, on="row", icon="trash-2", danger=True,
               question=N_("Only an empty category can be deleted."),
               done=N_("Category deleted.")),
    )  # fmt: skip

    aisles: list[Aisle] = []

    async def _read(self) -> None:
        self.aisles = await category_tree(acting().actor)
        self.choices = {"parents": [[a.id, a.name_zh, a.name_en] for a in self.aisles]}

"""The state of every declared list: read from the address, one page of rows, actions on them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import urlencode
from uuid import UUID

import reflex as rx

from app.queries.list_sums import sums
from app.queries.resource import (
    PAGE_SIZE,
    ListPage,
    ListQuery,
    cells,
    fetch,
    matching_keys,
)
from app.services import saved_views
from state.acts import id_of
from state.bulk import BulkState
from state.gate import OF_SCREEN, acting, needs
from state.going import go
from state.screens import Action
from state.unread import left_out


class ListState(BulkState, mixin=True):
    """Mix in, and set ``resource`` and ``actions``; the rest is here.

    All that selects the rows stands in the address, so a list can be shared, gone back to and
    reloaded; the rows are read when the page is entered or its address changes.
    """

    permission: ClassVar[str] = ""

    total: int = 0
    page: int = 1
    pages: int = 1
    first: int = 0
    last: int = 0
    sort: str = ""
    q: str = ""
    chosen: dict[str, str] = {}
    narrowed: bool = False
    """Search or filters leave rows out."""
    filtered: int = 0
    """How many filters that the screen shows leave rows out."""
    filters_open: bool = False
    """On a phone, where the filters are folded, they are unfolded."""
    columns: list[str] = []
    loaded: bool = False
    busy: bool = False
    views: list[dict[str, str]] = []
    export_query: str = ""
    sums: dict[str, str] = {}
    """Column → its sum over all rows that match, where search or filters leave some out."""
    _leads: tuple[str, ListQuery] | None = None
    """Where a click leads that has not arrived yet, and from which address it was made."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Take the permission from the resource."""
        if "resource" in cls.__dict__:
            cls.permission = cls.resource.permission
        super().__init_subclass__(**kwargs)

    @rx.event
    @needs(OF_SCREEN)
    async def load(self) -> Any:
        """Read the page of rows that the address names; say what of it nobody can read."""
        query, self._leads = self._query(), None
        actor = acting().actor
        if not self.loaded:
            self.columns = [
                c.key for c in self.resource.visible_to(actor) if not c.hidden and not c.silent
            ]
            self.views = await saved_views.of(actor, self.resource.name)
        held = (self.selected, self.whole) if acting().is_reconnected else ([], False)
        if not acting().is_reconnected:
            # A dialog that was left open by going back or reloading has lost its place.
            self.asking, self.errors = "", {}
        await self._read(query)
        await self._name_choices({key: (key, value) for key, value in self.chosen.items()})
        # What is being done with the selected rows goes on when the connection comes back.
        self.selected = [row["id"] for row in self.rows if row["id"] in held[0]]
        self.whole = held[1]
        await self._beside()
        await self._open_named()
        return left_out(query.unread)

    async def _beside(self) -> None:
        """Read what a screen shows beside its rows; called whenever the rows are read."""

    def _query(self) -> ListQuery:
        return ListQuery.of(self.resource, dict(self.router.url.query_parameters))

    async def _read(self, query: ListQuery) -> None:
        actor = acting().actor
        found = await fetch(actor, self.resource, query)
        if query.page > found.pages:
            # An old link, or the last page has lost its last row: show the last there is.
            query = replace(query, page=found.pages)
            found = await fetch(actor, self.resource, query)
        self.sums = {}
        if query.narrows(self.resource) and found.rows:
            self.sums = {one.key: one.text for one in await sums(actor, self.resource, query)}
        self._show(found, query)

    def _show(self, found: ListPage, query: ListQuery) -> None:
        self.rows = [cells(self.resource, row) for row in found.rows]
        self.total, self.page, self.pages = found.total, query.page, found.pages
        self.first = (query.page - 1) * PAGE_SIZE + 1 if found.rows else 0
        self.last = (query.page - 1) * PAGE_SIZE + len(found.rows)
        self.sort, self.q, self.chosen = query.sort, query.q, dict(query.filters)
        self.narrowed = query.narrows(self.resource)
        self.filtered = query.chosen_filters(self.resource)
        self.selected, self.whole = [], False
        self.marks, self.undos = {}, {}
        self.export_query = urlencode(query.params(self.resource))
        self.loaded = True

    def _go(self, **changes: Any) -> Any:
        """Lead to the address of the changed query; entering it loads the rows."""
        query = self._wanted()
        changed = ListQuery(
            q=changes.get("q", query.q),
            filters=changes.get("filters", query.filters),
            sort=changes.get("sort", query.sort),
            page=changes.get("page", 1),
        )
        self._leads = (acting().path, changed)
        params = urlencode(changed.params(self.resource))
        path = acting().path.split("?", maxsplit=1)[0]
        return go(f"{path}?{params}" if params else path)

    def _wanted(self) -> ListQuery:
        """Return the query that was asked for last, also while its address is not entered yet."""
        here, query = self._leads or ("", None)
        return query if query is not None and here == acting().path else self._query()

    @rx.event
    @needs(OF_SCREEN)
    async def search(self, q: str) -> Any:
        """Search for what was typed."""
        q = q.strip()[:100]
        if q == self.q:
            return None
        # Enter is followed by a blur: it must find the search done, or it would undo a click
        # that has led elsewhere meanwhile.
        self.q = q
        return self._go(q=q)

    @rx.event
    @needs(OF_SCREEN)
    async def narrow(self, key: str, value: str) -> Any:
        """Set or (with an empty value) clear one filter."""
        filters = {**self._wanted().filters, key: value}
        return self._go(filters={k: v for k, v in filters.items() if v})

    @rx.event
    @needs(OF_SCREEN)
    async def clear(self) -> Any:
        """Clear search and filters."""
        return self._go(q="", filters={})

    @rx.event
    @needs(OF_SCREEN)
    async def fold_filters(self) -> None:
        """Unfold the filters on a phone, or fold them."""
        self.filters_open = not self.filters_open

    @rx.event
    @needs(OF_SCREEN)
    async def order_by(self, key: str) -> Any:
        """Sort by a column; a second time turns it round."""
        return self._go(sort=f"-{key}" if self._wanted().sort == key else key)

    @rx.event
    @needs(OF_SCREEN)
    async def turn_by(self, pages: int) -> Any:
        """Show a page further on or back, counted from the one that is on its way already."""
        return self._go(page=max(1, min(self._wanted().page + pages, self.pages)))

    @rx.event
    @needs(OF_SCREEN)
    async def pick(self, key: str) -> None:
        """Select a row, or let it go."""
        self.whole = False
        if key in self.selected:
            self.selected = [k for k in self.selected if k != key]
        elif any(row["id"] == key for row in self.rows):
            self.selected = [*self.selected, key]

    @rx.event
    @needs(OF_SCREEN)
    async def pick_page(self) -> None:
        """Select every row of the page, or none."""
        everything = [row["id"] for row in self.rows]
        self.selected = [] if len(self.selected) == len(everything) else everything
        self.whole = False

    @rx.event
    @needs(OF_SCREEN)
    async def pick_whole(self) -> None:
        """Select all rows that match, also those on other pages."""
        self.selected, self.whole = [row["id"] for row in self.rows], True

    @rx.event
    @needs(OF_SCREEN)
    async def show_column(self, key: str) -> None:
        """Show a column, or hide it."""
        visible = {c.key for c in self.resource.visible_to(acting().actor)}
        if key in self.columns:
            self.columns = [k for k in self.columns if k != key]
        elif key in visible:
            self.columns = [*self.columns, key]

    @rx.event
    @needs(OF_SCREEN)
    async def save_view(self, data: dict[str, Any]) -> Any:
        """Keep the present filters, sort and columns under a name."""
        query = self._query().params(self.resource)
        actor = acting().actor
        await saved_views.save(actor, self.resource.name, str(data.get("name") or ""), query)
        self.views = await saved_views.of(actor, self.resource.name)
        return rx.toast.success(acting().text("View saved."))

    @rx.event
    @needs(OF_SCREEN)
    async def drop_view(self, view_id: str) -> None:
        """Forget a saved view."""
        actor = acting().actor
        await saved_views.drop(actor, id_of(view_id))
        self.views = await saved_views.of(actor, self.resource.name)

    async def _again(self) -> None:
        await self._read(self._query())
        await self._beside()

    async def _keys(self, action: Action) -> Sequence[UUID]:
        if action.on == "list":
            return []
        if self.target:
            return [self._key(self.target)]
        if self.whole:
            return await matching_keys(acting().actor, self.resource, self._query())
        return [self._key(key) for key in self.selected]

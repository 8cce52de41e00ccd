"""The product editor: one form, whose matrix of SKUs follows the specs."""

from typing import Any, ClassVar
from uuid import UUID

import reflex as rx

from app import routes
from app.kit.errors import Invalid, NotFound
from app.kit.i18n import N_
from app.kit.ids import new_id
from app.queries.supplier_products import EditedProduct, category_choices, edited_product
from app.services import pool
from app.services.inputs import read
from app.services.price_changes import reach
from app.services.products import (
    MOST_PICTURES,
    MOST_SPECS,
    ProductDraft,
    save_product,
)
from app.services.rules.variants import Spec
from state.base import ConsoleState
from state.gate import OF_SCREEN, acting, needs
from state.going import go
from state.supplier import matrix

WRITE = "supplier:products:write"
COSTS = "supplier:costs:read"
TEXTS = ("title", "title_en", "subtitle", "category_id")


class ProductState(ConsoleState, rx.State):
    """The editor of a new product or of one that is there.

    Texts are the browser's own inputs until they are saved; specs, pictures and the matrix are
    kept here. ``nonce`` stands in the form and changes with every save, so that a double click
    saves once.
    """

    permission: ClassVar[str] = "supplier:products:read"

    product_id: str = ""
    values: dict[str, str] = {}
    errors: dict[str, str] = {}
    categories: list[list[str]] = []
    pictures: list[str] = []
    picture_values: dict[str, str] = {}
    """Picture → the spec value that it shows."""
    specs: list[Spec] = []
    rows: list[dict[str, str]] = []
    status: str = ""
    pool: str = ""
    review_note: str = ""
    nonce: str = ""
    form_key: str = ""
    """Changes when other values are shown, which makes the inputs anew."""
    missing: bool = False
    loaded: bool = False
    reached: dict[str, str] = {}
    """Set while it is asked whether a price change may reach so many listings."""

    _matrix: list[dict[str, str]] = []
    _stored: list[dict[str, str]] = []
    _pending: ProductDraft | None = None
    _pushes: bool = False

    @rx.event
    @needs(OF_SCREEN)
    async def load(self) -> None:
        """Show the product that the address names, or an empty form."""
        actor = acting().actor
        self.categories = [list(row) for row in await category_choices(actor)]
        self.missing, self.reached = False, {}
        place = routes.below(acting().path)
        try:
            if place[-1] == "new":
                actor.require(WRITE)
                self._show_new()
            else:
                self._show(await edited_product(actor, UUID(place[-1])))
        except (NotFound, ValueError):
            self.missing = True
        self.loaded = True

    def _show_new(self) -> None:
        self.product_id = self.status = self.pool = self.review_note = ""
        self.values = dict.fromkeys((*TEXTS, "description_html"), "")
        self.pictures, self.specs, self.picture_values = [], [], {}
        self._stored = []
        self._fresh([matrix.blank_row(())])

    def _show(self, product: EditedProduct) -> None:
        self.product_id, self.status = str(product.id), product.status
        self.pool, self.review_note = product.pool, product.review_note
        self.values = {
            "title": product.title,
            "title_en": product.title_en,
            "subtitle": product.subtitle,
            "category_id": str(product.category_id),
            "description_html": product.description_html,
        }
        self.pictures, self.picture_values = list(product.pictures), dict(product.picture_values)
        self.specs = _specs(product)
        shown = {tuple(values) for values in matrix.all_combinations(self.specs)}
        rows = [matrix.row_of(sku) for sku in product.skus if sku.spec_values in shown]
        self._stored = [dict(row) for row in rows]
        self._fresh(matrix.completed(rows, self.specs))

    def _fresh(self, rows: list[dict[str, str]]) -> None:
        if not acting().actor.may(COSTS):
            rows = [row | {"cost": ""} for row in rows]
        self._matrix, self.errors = rows, {}
        self.form_key = self.nonce = new_id().hex
        self._show_rows()

    def _show_rows(self) -> None:
        self.rows = matrix.with_faults(self._matrix, self.errors)

    # Pictures ----------------------------------------------------------------------------------

    @rx.event
    @needs(WRITE)
    async def add_picture(self, key: str) -> Any:
        """Add a picture that was uploaded."""
        if not matrix.is_picture(key) or key in self.pictures:
            return None
        if len(self.pictures) >= MOST_PICTURES:
            return rx.toast.error(acting().text(N_("At most 10 pictures.")))
        self.pictures = [*self.pictures, key]
        return None

    @rx.event
    @needs(WRITE)
    async def drop_picture(self, key: str) -> None:
        """Take a picture away."""
        self.pictures = [kept for kept in self.pictures if kept != key]

    @rx.event
    @needs(WRITE)
    async def move_picture(self, key: str, to: int) -> None:
        """Put a picture at another place; the first one is the cover."""
        if key in self.pictures:
            rest = [kept for kept in self.pictures if kept != key]
            to = max(0, min(to, len(rest)))
            self.pictures = [*rest[:to], key, *rest[to:]]

    @rx.event
    @needs(WRITE)
    async def drag_picture(self, moved: str) -> None:
        """Put a picture where it was dragged: the key and its new place, ``key>2``."""
        key, _, place = moved.partition(">")
        if place.isdecimal() and key in self.pictures:
            rest = [kept for kept in self.pictures if kept != key]
            self.pictures = [*rest[: int(place)], key, *rest[int(place) :]]

    @rx.event
    @needs(WRITE)
    async def assign_picture(self, key: str, value: str) -> None:
        """Let a picture show the SKUs of a spec value; '' lets it show the product again."""
        if key in self.pictures:
            self.picture_values = self.picture_values | {key: value.strip()[:40]}

    @rx.var
    def spec_values(self) -> list[str]:
        """The values of all specs, from which a picture's is chosen."""
        return list(dict.fromkeys(value for spec in self.specs for value in spec.options))

    # Specs -------------------------------------------------------------------------------------

    @rx.event
    @needs(WRITE)
    async def add_spec(self) -> None:
        """Add a spec, still without name and values."""
        if len(self.specs) < MOST_SPECS:
            self.specs = [*self.specs, Spec()]

    @rx.event
    @needs(WRITE)
    async def drop_spec(self, place: int) -> None:
        """Take a spec away; the SKUs of its first value stay."""
        self._rebuild([spec for at, spec in enumerate(self._copied()) if at != place])

    @rx.event
    @needs(WRITE)
    async def name_spec(self, place: int, name: str) -> None:
        """Name a spec."""
        specs = self._copied()
        if 0 <= place < len(specs):
            specs[place].name = name.strip()[:40]
            self.specs = specs

    @rx.event
    @needs(WRITE)
    async def add_values(self, place: int, typed: str) -> None:
        """Add one value, or several parted by commas."""
        specs = self._copied()
        if not 0 <= place < len(specs):
            return
        for value in matrix.values_of(typed):
            if value not in specs[place].options:
                specs[place].options.append(value)
        if specs[place].options != self.specs[place].options:
            self._rebuild(specs)

    @rx.event
    @needs(WRITE)
    async def drop_value(self, place: int, value: str) -> None:
        """Take a value away, with its SKUs."""
        specs = self._copied()
        if 0 <= place < len(specs):
            specs[place].options = [kept for kept in specs[place].options if kept != value]
            self._rebuild(specs)

    @rx.event
    @needs(WRITE)
    async def rename_value(self, place: int, old: str, new: str) -> None:
        """Write a value anew; its SKUs keep everything."""
        specs, new = self._copied(), new.strip()[:40]
        if not 0 <= place < len(specs) or old not in specs[place].options:
            return
        if not new or new in specs[place].options:
            # The input shows the old value again.
            self.specs = specs
            return
        at = sum(1 for spec in specs[:place] if spec.options)
        self._matrix = matrix.renamed(self._matrix, at, old, new)
        self.picture_values = {
            key: new if value == old else value for key, value in self.picture_values.items()
        }
        specs[place].options = [new if kept == old else kept for kept in specs[place].options]
        self.specs = specs
        self._show_rows()

    def _copied(self) -> list[Spec]:
        return [Spec(spec.name, list(spec.options)) for spec in self.specs]

    def _rebuild(self, specs: list[Spec]) -> None:
        self._matrix = matrix.rebuilt(self._matrix, self.specs, specs)
        self.specs, self.errors = specs, {}
        self._show_rows()

    # Matrix ------------------------------------------------------------------------------------

    @rx.event
    @needs(WRITE)
    async def type_cell(self, place: int, cell: str, typed: str) -> None:
        """Remember what was typed into a cell; nothing is sent back for it."""
        if 0 <= place < len(self._matrix) and cell in matrix.CELLS:
            rows = list(self._matrix)
            rows[place] = rows[place] | {cell: typed.strip()[:60]}
            self._matrix = rows

    @rx.event
    @needs(WRITE)
    async def switch(self, place: int, on: bool) -> None:
        """Put a SKU on sale, or take it off."""
        if 0 <= place < len(self._matrix):
            rows = list(self._matrix)
            rows[place] = rows[place] | {"active": "1" if on else ""}
            self._matrix = rows

    @rx.event
    @needs(WRITE)
    async def fill_down(self, cell: str) -> None:
        """Give every row the first row's value; codes are numbered."""
        if cell in matrix.CELLS:
            self._matrix = matrix.filled_down(self._matrix, cell)
            self._show_rows()

    # Saving ------------------------------------------------------------------------------------

    @rx.event
    @needs(WRITE)
    async def choose_save(self, pushes: bool) -> None:
        """Note which of the two buttons was pressed, just before the form comes."""
        self._pushes = pushes

    @rx.event
    @needs(WRITE)
    async def submit(self, data: dict[str, Any]) -> Any:
        """Check what was typed; save it, or first ask when it reaches listings."""
        if data.get("nonce") != self.nonce:
            # The second click of a double click: the first one has saved already.
            return None
        actor = acting().actor
        self._matrix = matrix.read_cells(self._matrix, data)
        try:
            draft = self._draft(data)
        except Invalid as error:
            return self._mark(error)
        changed = matrix.changed_prices(self._stored, self._matrix)
        listings = await reach(actor, [UUID(sku) for sku in changed]) if changed else 0
        self._pending = draft
        if listings:
            self.reached = {"skus": str(len(changed)), "listings": f"{listings:,}"}
            return None
        return await self._save()

    @rx.event
    @needs(WRITE)
    async def confirm(self) -> Any:
        """Save although the price change reaches listings."""
        self.reached = {}
        return await self._save() if self._pending is not None else None

    @rx.event
    @needs(WRITE)
    async def dismiss(self) -> None:
        """Go on editing instead."""
        self.reached, self._pending = {}, None

    def _draft(self, data: dict[str, Any]) -> ProductDraft:
        with_costs = acting().actor.may("supplier:costs:write")
        made = [self._matrix[place] for place in matrix.made(self._matrix)]
        skus, faults = matrix.sku_drafts(made, with_costs=with_costs)
        values: dict[str, Any] = {name: str(data.get(name) or "").strip() for name in TEXTS}
        specs = [spec for spec in self.specs if spec.options]
        if any(not spec.name for spec in specs):
            faults["spec_names"] = N_("Please name every spec.")
        values |= {
            "id": self.product_id or None,
            "description_html": str(data.get("description_html") or ""),
            "spec_names": tuple(spec.name for spec in specs),
            "pictures": tuple(self.pictures),
            "picture_values": {k: v for k, v in self.picture_values.items() if k in self.pictures},
            "skus": skus,
        }
        try:
            draft = read(ProductDraft, values)
        except Invalid as error:
            raise Invalid({**error.fields, **faults}) from error
        if faults:
            raise Invalid(faults)
        return draft

    def _mark(self, error: Invalid) -> Any:
        who = acting()
        fields = matrix.at_rows(error.fields, matrix.made(self._matrix))
        self.errors = {_top(name): who.text(message) for name, message in fields.items()}
        self._show_rows()
        return [rx.toast.error(who.text(error.message)), rx.call_script(_TO_FAULT)]

    async def _save(self) -> Any:
        who, draft = acting(), self._pending
        self._pending = None
        assert draft is not None
        try:
            saved = await save_product(who.actor, draft)
        except Invalid as error:
            return self._mark(error)
        said = who.text(N_("Saved."))
        if self._pushes:
            pushed = await pool.push(who.actor, [saved])
            said = who.text(N_("Saved and pushed to the pool.") if pushed else _NOT_PUSHED)
        was_new = not self.product_id
        self._show(await edited_product(who.actor, saved))
        events = [rx.call_script(_SAVED), rx.toast.success(said)]
        if was_new:
            address = routes.console(who.workspace, f"products/{saved}")
            events.append(go(address, replace=True))
        return events


_SAVED = "window.dispatchEvent(new Event('ts-saved'))"
_TO_FAULT = "setTimeout(() => window.dispatchEvent(new Event('ts-fault')), 60)"
_NOT_PUSHED = N_(
    "Saved. It was not pushed: it is in the pool already, archived, or has no picture"
    " or no SKU on sale."
)


def _top(name: str) -> str:
    """Return where a fault is shown: the cells of SKUs each, anything else at its whole field."""
    return name if name.startswith("skus.") else name.split(".", maxsplit=1)[0]


def _specs(product: EditedProduct) -> list[Spec]:
    """Return the specs with the values of the SKUs on sale, or of all when none is."""
    skus = [sku for sku in product.skus if sku.is_active] or list(product.skus)
    return [
        Spec(name, list(dict.fromkeys(s.spec_values[at] for s in skus if len(s.spec_values) > at)))
        for at, name in enumerate(product.spec_names)
    ]

"""The product editor: one form, whose matrix of SKUs follows the specs."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

import reflex as rx

from app import routes
from app.kit.errors import Invalid, NotFound
from app.kit.i18n import N_, plural
from app.kit.ids import new_id
from app.kit.merge import Merged
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
from state.gate import OF_SCREEN, acting, needs
from state.going import go
from state.merging import BASE, MergeState, Stored, form_saved
from state.supplier import matrix, product_fields, product_texts

WRITE = "supplier:products:write"
COSTS = "supplier:costs:read"
TEXTS = ("title", "title_en", "subtitle", "category_id")
_FORM = "product"


class ProductState(MergeState, rx.State):
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
    _stored_rows: list[dict[str, str]] = []
    _pending: tuple[dict[str, str], dict[str, Any]] | None = None
    """What waits to be saved, as fields and as the form that they came in."""
    _pushes: bool = False

    @rx.event
    @needs(OF_SCREEN)
    async def load(self) -> None:
        """Show the product that the address names, or an empty form."""
        actor = acting().actor
        if self.loaded and not self.missing and acting().is_reconnected:
            # What is being typed stays when the connection comes back.
            if self.product_id:
                await self._note_change(_FORM)
            return
        self.categories = [list(row) for row in await category_choices(actor)]
        await self._read()

    @rx.event
    @needs(OF_SCREEN)
    async def show_stored(self) -> None:
        """Show what is stored instead of what the form holds."""
        await self._read()

    async def _read(self) -> None:
        actor = acting().actor
        self.missing, self.reached, self._pending = False, {}, None
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
        self._stored_rows = []
        self._fresh([matrix.blank_row(())])
        self._loaded_with(_FORM, Stored())

    def _show(self, product: EditedProduct) -> None:
        self.product_id, self.status = str(product.id), product.status
        self.pool, self.review_note = product.pool, product.review_note
        self.values = product_texts.texts_of(product)
        self.pictures, self.picture_values = list(product.pictures), dict(product.picture_values)
        self.specs = _specs(product)
        shown = {tuple(values) for values in matrix.all_combinations(self.specs)}
        rows = [matrix.row_of(sku) for sku in product.skus if sku.spec_values in shown]
        self._stored_rows = self._seen([matrix.row_of(sku) for sku in product.skus])
        self._fresh(matrix.completed(rows, self.specs))
        self._loaded_with(_FORM, product_texts.stored(product))

    def _fresh(self, rows: list[dict[str, str]]) -> None:
        self._matrix, self.errors = self._seen(rows), {}
        self.form_key = self.nonce = new_id().hex
        self._show_rows()

    def _seen(self, rows: list[dict[str, str]]) -> list[dict[str, str]]:
        """Return the rows without costs where the actor may not see them."""
        return rows if acting().actor.may(COSTS) else [row | {"cost": ""} for row in rows]

    def _show_rows(self) -> None:
        self.rows = matrix.with_faults(self._matrix, self.errors)

    @rx.var
    def structure(self) -> str:
        """What the inputs alone do not say of the form: specs, pictures, and which SKU a row is."""
        return json.dumps(
            {
                "specs": [[spec.name, spec.options] for spec in self.specs],
                "pictures": [[key, self.picture_values.get(key, "")] for key in self.pictures],
                "rows": [[row["id"], row["values"]] for row in self.rows],
            }
        )

    @rx.event
    @needs(WRITE)
    async def lay_out(self, structure: str) -> None:
        """Lay the form out as a draft of it was, whose inputs the browser then fills."""
        found = matrix.read_structure(structure)
        if found is None:
            return
        self.specs, self.picture_values, places = found
        self.pictures = list(self.picture_values)
        stored = {row["id"]: row for row in self._stored_rows}
        ids = {values: sku for sku, values in places if sku in stored}
        self._fresh(matrix.laid_out(self.specs, ids, stored))

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
        rows = matrix.rebuilt(self._matrix, self.specs, specs)
        self._matrix = matrix.brought_back(rows, self._stored_rows)
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
        changed = matrix.changed_prices(self._stored_rows, self._matrix)
        listings = await reach(actor, [UUID(sku) for sku in changed]) if changed else 0
        self._pending = (self._typed(data, draft), {BASE: data.get(BASE)})
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
        made = [self._matrix[place] for place in matrix.made(self._matrix)]
        texts = {name: str(data.get(name) or "").strip() for name in product_fields.TEXTS}
        return self._drafted(texts, self._pictured(), self._spec_names(), made)

    def _pictured(self) -> dict[str, str]:
        return {key: self.picture_values.get(key, "") for key in self.pictures}

    def _spec_names(self) -> list[str]:
        return [spec.name for spec in self.specs if spec.options]

    def _drafted(
        self,
        texts: Mapping[str, str],
        pictures: Mapping[str, str],
        names: Sequence[str],
        rows: Sequence[matrix.Row],
    ) -> ProductDraft:
        """Return what is to be saved. Raises Invalid with a message at each field and cell."""
        with_costs = acting().actor.may("supplier:costs:write")
        skus, faults = matrix.sku_drafts(rows, with_costs=with_costs)
        if not all(names):
            faults["spec_names"] = N_("Please name every spec.")
        values: dict[str, Any] = {
            **texts,
            "id": self.product_id or None,
            "spec_names": tuple(names),
            "pictures": tuple(pictures),
            "picture_values": {key: value for key, value in pictures.items() if value},
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

    def _typed(self, data: Mapping[str, Any], draft: ProductDraft) -> dict[str, str]:
        rows = [self._matrix[place] for place in matrix.made(self._matrix)]
        texts = product_fields.typed_texts(data)
        return product_fields.flat(texts, self._pictured(), draft.spec_names, rows)

    async def _save(self) -> Any:
        assert self._pending is not None
        mine, data = self._pending
        self._pending = None
        try:
            return await self._save_over(_FORM, data, mine)
        except Invalid as error:
            return self._mark(error)

    # Others who change the same product ----------------------------------------------------------

    async def _stored(self, part: str) -> Stored:
        del part
        return product_texts.stored(await edited_product(acting().actor, UUID(self.product_id)))

    def _combined(
        self,
        part: str,
        base: Mapping[str, str] | None,
        mine: Mapping[str, str],
        theirs: Mapping[str, str],
    ) -> Merged:
        del part
        return product_fields.combined(base, mine, theirs)

    async def _settled(self, part: str, base: Stored, values: dict[str, str]) -> Any:
        chosen = product_fields.chosen_specs(values, base.values)
        return await super()._settled(part, base, chosen)

    def _refused(self, part: str, error: Invalid) -> Any:
        del part
        return self._mark(error)

    def _clash_label(self, part: str, name: str) -> str:
        del part
        known = {f"sku:{row['id']}:values": row["values"] for row in self._stored_rows}
        fields = self._clash[1].values if self._clash else known
        return product_texts.label(name, fields, acting())

    def _clash_text(self, part: str, name: str, value: str) -> str:
        del part
        return product_texts.shown(name, value, self.categories, acting())

    async def _write(self, part: str, values: Mapping[str, str], version: int | None) -> Any:
        del part
        who = acting()
        rows = product_fields.rows_of(values)
        pictures, names = product_fields.pictures_of(values), product_fields.names_of(values)
        draft = self._drafted(
            {name: values[name] for name in product_fields.TEXTS}, pictures, names, rows
        )
        saved = await save_product(who.actor, draft, version)
        units = matrix.units_left_behind(self._stored_rows, rows)
        said = who.text(N_("Saved."))
        if self._pushes:
            pushed = await pool.push(who.actor, [saved])
            said = who.text(N_("Saved and pushed to the pool.") if pushed else _NOT_PUSHED)
        was_new = not self.product_id
        self._show(await edited_product(who.actor, saved))
        events = [form_saved(), rx.toast.success(said)]
        if units:
            events.append(
                rx.toast.info(who.text(_LEFT_BEHIND, count=f"{units:,}"), duration=12_000)
            )
        if was_new:
            address = routes.console(who.workspace, f"products/{saved}")
            events.append(go(address, replace=True))
        return events


_LEFT_BEHIND = plural(
    "%(count)s unit stays with a SKU no longer sold: it comes back with its value, or is moved on"
    " the stock page.",
    "%(count)s units stay with SKUs no longer sold: they come back with their values, or are moved"
    " on the stock page.",
)
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

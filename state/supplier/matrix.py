"""The specs and the SKU matrix of the product editor: what was typed, cell by cell.

The inputs are the browser's own; a cell that is left tells what stands in it, so that a change of
the specs, or filling a column down, loses nothing that was typed.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.kit.currencies import decimal_text
from app.kit.errors import BadInput, Invalid
from app.kit.i18n import HOME_CURRENCY, N_
from app.kit.money import parse_cents, parse_count
from app.queries.supplier_products import EditedSku
from app.services.products import MOST_PICTURES, MOST_SKUS, MOST_SPECS
from app.services.rules.variants import Spec, carried, combinations, used

Row = dict[str, str]

COUNTS = ("low_at", "on_hand")
MONEY = ("supply", "suggested", "cost")
CELLS = ("code", *MONEY, "on_hand", "low_at", "active")
FIELD_OF = {
    "code": "code",
    "supply": "supply_cents",
    "suggested": "suggested_cents",
    "cost": "cost_cents",
    "on_hand": "on_hand",
    "low_at": "low_at",
}
"""Cell → field of a SkuDraft."""


class TooManySkus(Invalid):
    """More combinations than a product may have."""

    code = "too_many_skus"
    message = "A product may have 200 SKUs at most."


def blank_row(combination: Sequence[str]) -> Row:
    """Return the row of a SKU that is not there yet."""
    return {
        **_named(combination),
        "id": "",
        "code": "",
        "supply": "",
        "suggested": "",
        "cost": "",
        "on_hand": "0",
        "low_at": "5",
        "active": "1",
        "round": "0",
    }


def row_of(sku: EditedSku) -> Row:
    """Return the row of a stored SKU; prices that are not in yuan have to be typed anew."""
    known = sku.currency == HOME_CURRENCY
    return {
        **_named(sku.spec_values),
        "id": str(sku.id),
        "code": sku.code,
        "supply": decimal_text(sku.supply_cents) if known else "",
        "suggested": decimal_text(sku.suggested_cents) if known else "",
        "cost": "" if sku.cost_cents is None else decimal_text(sku.cost_cents),
        "on_hand": str(sku.on_hand),
        "low_at": str(sku.low_at),
        "active": "1" if sku.is_active else "",
        "round": "0",
    }


def _named(combination: Sequence[str]) -> Row:
    return {"values": json.dumps(list(combination)), "label": " / ".join(combination)}


def combination_of(row: Row) -> tuple[str, ...]:
    """Return the spec values of a row."""
    return tuple(json.loads(row["values"]))


def rebuilt(rows: Sequence[Row], before: Sequence[Spec], after: Sequence[Spec]) -> list[Row]:
    """Return the rows after a change of the specs; what still fits keeps what was typed.

    Raises TooManySkus before so many rows are made.
    """
    values = used(after)
    size = 1
    for of_spec in values:
        size *= len(of_spec)
    if size > MOST_SKUS:
        raise TooManySkus()
    kept = carried({combination_of(row): row for row in rows}, used(before), values)
    return [
        kept[wanted] | _named(wanted) if wanted in kept else blank_row(wanted)
        for wanted in combinations(values)
    ]


def brought_back(rows: Sequence[Row], stored: Sequence[Row]) -> list[Row]:
    """Return the rows, each new one of values that a stored SKU has as that SKU with its units."""
    held = {row["id"] for row in rows}
    known = {row["values"]: row for row in stored if row["id"] not in held}
    return [
        known[row["values"]] | {"active": "1"} if not row["id"] and row["values"] in known else row
        for row in rows
    ]


def units_left_behind(stored: Sequence[Row], rows: Sequence[Row]) -> int:
    """Return how many units stay with SKUs that were on sale and are left out, or switched off."""
    sold = {row["id"] for row in rows if row["active"]}
    return sum(int(row["on_hand"]) for row in stored if row["active"] and row["id"] not in sold)


def completed(rows: Sequence[Row], specs: Sequence[Spec]) -> list[Row]:
    """Return the stored rows with those of the missing combinations, which are switched off."""
    return [row if row["id"] else row | {"active": ""} for row in rebuilt(rows, specs, specs)]


def renamed(rows: Sequence[Row], place: int, old: str, new: str) -> list[Row]:
    """Return the rows with one value of the spec at ``place`` written anew."""
    out: list[Row] = []
    for row in rows:
        values = list(combination_of(row))
        if values[place] == old:
            values[place] = new
        out.append(row | _named(values))
    return out


def filled_down(rows: Sequence[Row], cell: str) -> list[Row]:
    """Return the rows with the first row's value in a whole column; codes are numbered instead."""
    if not rows:
        return []
    first = rows[0][cell]
    stem = re.sub(r"-\d+$", "", first)
    out: list[Row] = []
    for place, row in enumerate(rows, start=1):
        value = f"{stem}-{place:02d}" if cell == "code" and first else first
        # What is on hand of a SKU that exists changes by movements alone.
        if not (cell == "on_hand" and row["id"]):
            row = row | {cell: value, "round": str(int(row["round"]) + 1)}  # noqa: PLW2901
        out.append(row)
    return out


def read_cells(rows: Sequence[Row], data: dict[str, Any]) -> list[Row]:
    """Return the rows with what the form holds; inputs that are not there change nothing."""
    out: list[Row] = []
    for place, row in enumerate(rows):
        typed = {
            cell: str(data[f"{cell}-{place}"]).strip()[:60]
            for cell in CELLS
            if f"{cell}-{place}" in data and cell != "active"
        }
        out.append(row | typed | {"active": "1" if data.get(f"active-{place}") else ""})
    return out


def made(rows: Sequence[Row]) -> list[int]:
    """Return the places of the rows that are SKUs or become some.

    A new row that is switched off is a combination that the supplier does not make.
    """
    return [place for place, row in enumerate(rows) if row["id"] or row["active"]]


def sku_drafts(rows: Sequence[Row], *, with_costs: bool) -> tuple[list[dict[str, Any]], Row]:
    """Return rows as SkuDrafts take them, and faults by field such as ``skus.0.supply_cents``.

    A cell that cannot be read is None, so that the draft's own checks name the rest at once.
    """
    drafts: list[dict[str, Any]] = []
    faults: Row = {}
    for place, row in enumerate(rows):
        draft: dict[str, Any] = {
            "id": row["id"] or None,
            "code": row["code"],
            "spec_values": combination_of(row),
            "is_active": row["active"] == "1",
            "low_at": 0,
            "on_hand": 0,
        }
        # What is on hand of a SKU that exists is not its product's to change.
        for cell in COUNTS if not row["id"] else COUNTS[:1]:
            draft[cell], fault = _units(row[cell])
            if fault:
                faults[f"skus.{place}.{cell}"] = fault
        for cell in MONEY if with_costs else MONEY[:2]:
            field = FIELD_OF[cell]
            draft[field], fault = _money(row[cell], required=cell != "cost")
            if fault:
                faults[f"skus.{place}.{field}"] = fault
        drafts.append(draft)
    return drafts, faults


def at_rows(faults: dict[str, str], places: Sequence[int]) -> dict[str, str]:
    """Return faults of drafts, ``skus.<draft>.<field>``, under the places of their rows."""
    out: dict[str, str] = {}
    for name, fault in faults.items():
        part = name.split(".")
        if part[0] == "skus" and len(part) > 2 and part[1].isdecimal():
            part[1] = str(places[int(part[1])])
        if name == "skus" and any(other.startswith("skus.") for other in faults):
            # Rows that are wrong are not missing as well.
            continue
        # A fault in one value of many is told once, where the specs stand.
        out["spec_names" if "spec_values" in part else ".".join(part)] = fault
    return out


def _money(typed: str, *, required: bool) -> tuple[int | None, str]:
    if not typed:
        return None, N_("Please fill this in.") if required else ""
    try:
        return parse_cents(typed), ""
    except BadInput as error:
        return None, error.message


def _units(typed: str) -> tuple[int | None, str]:
    try:
        return parse_count(typed) if typed else 0, ""
    except BadInput as error:
        return None, error.message


def _cents(typed: str) -> int | None:
    return _money(typed, required=False)[0]


def changed_prices(before: Sequence[Row], rows: Sequence[Row]) -> list[str]:
    """Return the ids of the stored SKUs whose supply price was changed."""
    stored = {row["id"]: row["supply"] for row in before if row["id"]}
    return [
        row["id"]
        for row in rows
        if row["id"] in stored and _cents(row["supply"]) not in (None, _cents(stored[row["id"]]))
    ]  # fmt: skip


def with_faults(rows: Sequence[Row], faults: dict[str, str]) -> list[Row]:
    """Return the rows as the browser gets them, each with the faults of its cells."""
    return [
        row
        | {f"e_{cell}": faults.get(f"skus.{place}.{field}", "") for cell, field in FIELD_OF.items()}
        | {"place": str(place), "key": f"{row['values']}#{row['round']}"}
        for place, row in enumerate(rows)
    ]


def all_combinations(specs: Sequence[Spec]) -> list[tuple[str, ...]]:
    """Return the combinations of the specs' values."""
    return combinations(used(specs))


def values_of(typed: str) -> list[str]:
    """Return the values that were typed, parted by commas, semicolons or line ends."""
    parts = re.split(r"[,，、;；\n\t]", typed)
    return [part.strip()[:40] for part in parts if part.strip()]


def read_structure(
    text: str,
) -> tuple[list[Spec], dict[str, str], list[tuple[str, str]]] | None:
    """Return specs, pictures and the SKUs of rows of a draft; None where it is none."""
    try:
        found: Any = json.loads(text[:100_000])
        specs = [
            Spec(str(name)[:40], [str(value)[:40] for value in values])
            for name, values in found["specs"][:MOST_SPECS]
        ]
        pictures = {
            str(key): str(value)[:40]
            for key, value in found["pictures"][:MOST_PICTURES]
            if is_picture(str(key))
        }
        rows = [(str(sku), str(values)) for sku, values in found["rows"][:MOST_SKUS]]
    except (ValueError, KeyError, TypeError):
        return None
    return specs, pictures, rows


def laid_out(specs: Sequence[Spec], ids: Mapping[str, str], stored: Mapping[str, Row]) -> list[Row]:
    """Return a row for each combination: the stored SKU that ``ids`` names by values, or a new one.

    Raises TooManySkus.
    """
    rows: list[Row] = []
    for row in rebuilt([], [], specs):
        sku = ids.get(row["values"], "")
        named = {name: row[name] for name in ("values", "label")}
        rows.append(stored[sku] | named if sku else row)
    return rows


def is_picture(key: str) -> bool:
    """Say whether a key looks like that of an uploaded picture."""
    return re.fullmatch(r"pictures/[0-9a-f]{24}", key) is not None

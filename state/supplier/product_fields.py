"""A product as flat fields, so that two people's changes of it can be merged. Pure.

Texts are fields of their own; each SKU has one for each cell, named by its id, or by its values
while it is new. A stored SKU that the form leaves out is one that is switched off.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from app.kit.currencies import decimal_text
from app.kit.errors import BadInput
from app.kit.merge import Clash, Merged, merge
from app.kit.money import parse_cents, parse_count
from app.services.products import clean_html
from state.supplier.matrix import COUNTS, MONEY, Row

TEXTS = ("title", "title_en", "subtitle", "category_id", "description_html")
PICTURES, SPECS = "pictures", "specs"
_CELLS = ("code", *MONEY, "low_at", "on_hand", "active", "values")
_SKU, _PICTURE = "sku:", "picture:"


def flat(
    texts: Mapping[str, str],
    pictures: Mapping[str, str],
    names: Sequence[str],
    rows: Sequence[Row],
) -> dict[str, str]:
    """Return a product's fields; ``rows`` are those that are SKUs or become some.

    ``pictures`` are their keys in order, each with the spec value that it shows, if any.
    """
    fields = {name: texts[name] for name in TEXTS}
    fields[PICTURES] = "\n".join(pictures)
    fields |= {f"{_PICTURE}{key}": value for key, value in pictures.items() if value}
    fields[SPECS] = json.dumps(list(names), ensure_ascii=False)
    for row in rows:
        for cell in _CELLS:
            # What is on hand of a SKU that exists changes by movements alone.
            if not (cell == "on_hand" and row["id"]):
                fields[f"{_SKU}{_key(row)}:{cell}"] = _comparable(cell, row[cell])
    return fields


def typed_texts(data: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts of a form, the description as it would be stored."""
    texts = {name: str(data.get(name) or "").strip() for name in TEXTS}
    return texts | {"description_html": clean_html(texts["description_html"])}


def _key(row: Row) -> str:
    return row["id"] or "new=" + row["values"]


def _comparable(cell: str, text: str) -> str:
    try:
        if cell in MONEY and text:
            return decimal_text(parse_cents(text))
        if cell in COUNTS:
            return str(parse_count(text or "0"))
    except BadInput:
        # What cannot be read is told at its cell; here it is only another text.
        return text
    return text


def skus_of(fields: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return key → cells of the SKUs among the fields."""
    found: dict[str, dict[str, str]] = {}
    for name, value in fields.items():
        if name.startswith(_SKU):
            key, _, cell = name.removeprefix(_SKU).rpartition(":")
            found.setdefault(key, {})[cell] = value
    return found


def rows_of(fields: Mapping[str, str]) -> list[Row]:
    """Return the rows that the fields say; those off sale that no longer fit the specs are left."""
    size = len(names_of(fields))
    return [
        {"on_hand": "0", **cells, "id": "" if key.startswith("new=") else key}
        for key, cells in skus_of(fields).items()
        if cells.get("active") or len(json.loads(cells["values"])) == size
    ]


def pictures_of(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the pictures in their order, each with the spec value that it shows, if any."""
    return {key: fields.get(f"{_PICTURE}{key}", "") for key in fields[PICTURES].split()}


def names_of(fields: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the specs."""
    return tuple(json.loads(fields[SPECS]))


def with_left_out(mine: Mapping[str, str], base: Mapping[str, str]) -> dict[str, str]:
    """Return what was typed, with the stored SKUs that the form leaves out, switched off."""
    fields, held = dict(mine), skus_of(mine)
    for key, cells in skus_of(base).items():
        if key not in held:
            fields |= {f"{_SKU}{key}:{cell}": value for cell, value in cells.items()}
            fields[f"{_SKU}{key}:active"] = ""
    return fields


def combined(
    base: Mapping[str, str] | None, mine: Mapping[str, str], theirs: Mapping[str, str]
) -> Merged:
    """Merge two people's versions of a product.

    Where both changed the specs so that their SKUs do not fit together, the specs with all their
    SKUs are one field to choose.
    """
    mine = with_left_out(_known(mine, theirs), theirs if base is None else base)
    merged = merge(base, mine, theirs)
    if _fits(merged.values):
        return merged
    clashes = tuple(clash for clash in merged.clashes if not _of_specs(clash.field))
    was = None if base is None else base.get(SPECS)
    whole = Clash(SPECS, mine[SPECS], theirs[SPECS], was)
    taken = tuple(name for name in merged.taken if not _of_specs(name))
    values = {name: value for name, value in merged.values.items() if not _of_specs(name)}
    values |= {name: value for name, value in mine.items() if _of_specs(name)}
    return Merged(values, (*clashes, whole), taken)


def chosen_specs(values: Mapping[str, str], theirs: Mapping[str, str]) -> dict[str, str]:
    """Return the fields with the SKUs that belong to the specs that were chosen."""
    if _fits(values):
        return dict(values)
    kept = {name: value for name, value in values.items() if not _of_specs(name)}
    return kept | {name: value for name, value in theirs.items() if _of_specs(name)}


def _of_specs(name: str) -> bool:
    return name == SPECS or name.startswith(_SKU)


def _known(mine: Mapping[str, str], theirs: Mapping[str, str]) -> dict[str, str]:
    """Return what was typed, a new SKU under the id of one that somebody has made meanwhile."""
    made = {cells["values"]: key for key, cells in skus_of(theirs).items()}
    held = skus_of(mine)
    fields: dict[str, str] = {}
    for name, value in mine.items():
        key, _, cell = name.removeprefix(_SKU).rpartition(":")
        stored = made.get(key.removeprefix("new="), "")
        if not (name.startswith(f"{_SKU}new=") and stored) or stored in held:
            fields[name] = value
        elif cell != "on_hand":
            fields[f"{_SKU}{stored}:{cell}"] = value
    return fields


def _fits(fields: Mapping[str, str]) -> bool:
    size = len(names_of(fields))
    sold = [cells["values"] for cells in skus_of(fields).values() if cells.get("active")]
    return len(set(sold)) == len(sold) and all(len(json.loads(one)) == size for one in sold)


def label_of(name: str, fields: Mapping[str, str]) -> tuple[str, str]:
    """Return the cell that a field is, and of which SKU; texts belong to none."""
    if not name.startswith(_SKU):
        return PICTURES if name.startswith(_PICTURE) else name, ""
    key, _, cell = name.removeprefix(_SKU).rpartition(":")
    values = fields.get(f"{_SKU}{key}:values") or key.removeprefix("new=")
    try:
        return cell, " / ".join(json.loads(values))
    except ValueError:
        return cell, ""

"""A stored product as its form compares it, and its fields as people read them."""

import json
from collections.abc import Mapping, Sequence

from app.kit.i18n import N_
from app.queries.supplier_products import EditedProduct
from app.services.products import plain_text
from state.gate import Acting, acting
from state.merging import Stored
from state.supplier import matrix, product_fields

COSTS = "supplier:costs:read"

LABELS = {
    "title": N_("Title"),
    "title_en": N_("Title in English"),
    "subtitle": N_("Subtitle"),
    "category_id": N_("Category"),
    "description_html": N_("Description"),
    "pictures": N_("Pictures"),
    "specs": N_("Specs and SKUs"),
    "values": N_("Specs"),
    "code": N_("SKU code"),
    "supply": N_("Supply price ¥"),
    "suggested": N_("Suggested price ¥"),
    "cost": N_("Own cost ¥"),
    "low_at": N_("Low-stock level"),
    "on_hand": N_("On hand"),
    "active": N_("On sale"),
}
"""Field or cell → what it is called where two people changed it."""


def texts_of(product: EditedProduct) -> dict[str, str]:
    """Return the texts of a product as their inputs show them."""
    return {
        "title": product.title,
        "title_en": product.title_en,
        "subtitle": product.subtitle,
        "category_id": str(product.category_id),
        "description_html": product.description_html,
    }


def stored(product: EditedProduct) -> Stored:
    """Return a product as it is compared; costs alone where the actor may see them."""
    rows = [matrix.row_of(sku) for sku in product.skus]
    if not acting().actor.may(COSTS):
        rows = [row | {"cost": ""} for row in rows]
    pictures = {key: product.picture_values.get(key, "") for key in product.pictures}
    fields = product_fields.flat(texts_of(product), pictures, product.spec_names, rows)
    return Stored(product.row_version, fields)


def label(name: str, fields: Mapping[str, str], who: Acting) -> str:
    """Return what a field is called, and of which SKU it is."""
    cell, sku = product_fields.label_of(name, fields)
    called = who.text(LABELS.get(cell, cell))
    return f"{called} · {sku}" if sku else called


def shown(name: str, value: str, categories: Sequence[Sequence[str]], who: Acting) -> str:
    """Return a field's value as people read it."""
    cell = product_fields.label_of(name, {})[0]
    if name.startswith("picture:"):
        return value
    if cell == "category_id":
        found = next((row for row in categories if row[0] == value), ["", value, value])
        return found[2] if who.locale == "en" else found[1]
    if cell == "pictures":
        return who.text(N_("%(count)s pictures"), count=len(value.split()))
    if cell in ("specs", "values"):
        return " / ".join(json.loads(value))
    if cell == "active":
        return who.text(N_("Yes"))
    return plain_text(value) if cell == "description_html" else value

"""Looking around: the store's entry page, its categories, search, one product."""

import re
from dataclasses import replace
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Response
from markupsafe import Markup
from pydantic import BeforeValidator

from app.kit.errors import NotFound
from app.kit.i18n import N_, gettext, yuan
from app.kit.text import looked_for
from app.queries import shelf as shelves
from app.queries.shelf import MOST_PAGES, Product, Shelf, Sort, Variant
from app.services.products import clean_html
from app.services.shopfront import Aisle
from app.services.visits import Act
from app.storefront import linked_data
from app.storefront.answering import StoreRoute
from app.storefront.forms import uuid_of, whole
from app.storefront.render import aisle_name, page
from app.storefront.visit import Here, Visit
from app.storefront.words import word

router = APIRouter(prefix="/s/{slug}", route_class=StoreRoute)


def _page_number(text: str) -> int:
    """Return the page that an address names; the first for what is none."""
    return min(max(whole(text, 1), 1), MOST_PAGES)


def _sort_by(text: str) -> Sort:
    return Sort(text) if text in set(Sort) else Sort.POPULAR


PageNumber = Annotated[int, BeforeValidator(_page_number), Query(alias="page")]
SortBy = Annotated[Sort, BeforeValidator(_sort_by), Query()]
Crumbs = tuple[tuple[str, str], ...]
SOLD_OUT = N_("%(name)s is sold out. Choose another to go on.")
OFF = N_("%(name)s is not on sale. Choose another to go on.")
DESCRIPTION_LENGTH = 150
WORDS_LENGTH = 60


@router.get("")
async def home(visit: Here, sort: SortBy = Sort.POPULAR, number: PageNumber = 1) -> Response:
    """Show the store's entry page."""
    front = visit.front
    found = await shelves.shelf(front.actor(), sort=sort, page=number)
    heading = f"{front.name} · {front.tagline}" if front.tagline else front.name
    return page(
        visit,
        "home.html",
        public=True,
        counts=Act("page"),
        shelf=_checked(found),
        sort=sort,
        base=_base(visit, sort),
        heading=heading,
        description=_shortened(" · ".join(filter(None, (front.tagline, _names(visit))))),
        og_type="website",
        og_image=next((card.image_key for card in found.cards if card.image_key), None),
        linked_data=[linked_data.of_store(visit)],
        notice=_notice(visit),
    )


def _names(visit: Visit) -> str:
    """Return what the store sells, in a few words."""
    names = [aisle_name(visit.locale, aisle) for aisle in visit.front.aisles]
    return ("、" if visit.locale == "zh_CN" else ", ").join(names) or visit.front.name


def _checked(found: Shelf) -> Shelf:
    """Refuse pages behind the last one, so that no crawler walks on for ever."""
    if found.page > 1 and not found.cards:
        raise NotFound()
    return found


def _base(visit: Visit, sort: Sort, **params: str) -> str:
    kept = params | ({} if sort is Sort.POPULAR else {"sort": str(sort)})
    return f"{visit.path}?{urlencode(kept)}" if kept else visit.path


def _notice(visit: Visit) -> str:
    return word(visit.locale, "notice", visit.request.query_params.get("notice", ""))


@router.get("/c/{category}")
async def category_page(
    category: str, visit: Here, sort: SortBy = Sort.POPULAR, number: PageNumber = 1
) -> Response:
    """Show a category, with what lies in those below it."""
    place = visit.front.aisle(category)
    if place is None:
        raise NotFound()
    aisle, parent = place
    wanted = [aisle.id, *(child.id for child in aisle.children)]
    found = await shelves.shelf(visit.front.actor(), wanted, sort, number)
    crumbs = _crumbs(visit, parent, aisle)
    heading = aisle_name(visit.locale, aisle)
    titles = "、".join(card.title for card in found.cards[:4])
    return page(
        visit,
        "category.html",
        public=True,
        counts=Act("page"),
        shelf=_checked(found),
        sort=sort,
        base=_base(visit, sort),
        aisle=aisle,
        parent=parent,
        heading=heading,
        crumbs=crumbs,
        description=_shortened(f"{visit.front.name} · {heading} · {titles}"),
        og_type="website",
        og_image=next((card.image_key for card in found.cards if card.image_key), None),
        linked_data=[linked_data.of_crumbs(visit, crumbs)],
    )


def _crumbs(visit: Visit, *aisles: Aisle | None) -> Crumbs:
    known = [aisle for aisle in aisles if aisle is not None]
    return (
        (visit.front.name, visit.start),
        *((aisle_name(visit.locale, aisle), f"{visit.home}/c/{aisle.slug}") for aisle in known),
    )


@router.get("/search")
async def search(
    visit: Here, q: str = "", sort: SortBy = Sort.POPULAR, number: PageNumber = 1
) -> Response:
    """Search by Chinese, by the initials of its pinyin, by the start of a word."""
    words = looked_for(q, WORDS_LENGTH)
    found = await shelves.search(visit.front.actor(), words, sort, number)
    return page(
        visit,
        "search.html",
        counts=_searched(words, found, sort),
        shelf=_checked(found),
        sort=sort,
        words=words,
        base=_base(visit, Sort.POPULAR, q=words),
        paged=_base(visit, sort, q=words),
    )


def _searched(words: str, found: Shelf, sort: Sort) -> Act:
    """Return what a search counts as; turning its pages or sorting them is no new search."""
    if not words or found.page > 1 or sort is not Sort.POPULAR:
        return Act("page")
    return Act("search", words=words, results=0 if found.is_close else found.total)


@router.get("/p/{listing}")
async def product_page(listing: str, visit: Here, sku: str = "") -> Response:
    """Show a product; ``sku`` chooses one of its variants beforehand."""
    listing_id = uuid_of(listing)
    found = await shelves.product(visit.front.actor(), listing_id) if listing_id else None
    if found is None:
        return await _off_sale(visit, listing_id)
    product, related = found
    chosen = _chosen(product, uuid_of(sku))
    product = _begin_with(product, chosen)
    heading = _title(visit, product)
    crumbs = (*_product_crumbs(visit, product), (heading, visit.path))
    description = _shortened(_plain(product, heading))
    prices = {variant.cents for variant in product.variants}
    return page(
        visit,
        "product.html",
        public=not visit.request.query_params.get("notice"),
        counts=Act("product", listing=listing_id),
        product=product,
        related=related,
        chosen=chosen,
        gone=_gone(visit, chosen),
        can_buy=visit.front.is_open and any(one.left for one in product.variants),
        price_varies=len(prices) > 1,
        picker=_picker(visit, product),
        # It was cleaned when the product was saved; a row written by other means is cleaned here.
        description_safe=Markup(clean_html(product.description_html)),  # noqa: S704
        heading=heading,
        crumbs=crumbs,
        description=description,
        og_type="product",
        og_image=product.pictures[0].key if product.pictures else None,
        linked_data=[
            linked_data.of_product(visit, product, heading, description),
            linked_data.of_crumbs(visit, crumbs),
        ],
        notice=_notice(visit),
        notice_tone=_tone(visit),
    )


def _tone(visit: Visit) -> str:
    return "good" if visit.request.query_params.get("notice") in ("added", None) else "warn"


async def _off_sale(visit: Visit, listing_id: UUID | None) -> Response:
    """Say that a product is not on sale, and what else there is. Raises NotFound."""
    found = await shelves.off_sale(visit.front.actor(), listing_id) if listing_id else None
    if found is None:
        raise NotFound()
    heading = found.title_en if visit.locale == "en" and found.title_en else found.title
    return page(
        visit,
        "off_sale.html",
        counts=Act("page"),
        heading=heading,
        product=found,
        notice=_notice(visit),
        notice_tone="warn",
    )


def _title(visit: Visit, product: Product) -> str:
    card = product.card
    return card.title_en if visit.locale == "en" and card.title_en else card.title


def _product_crumbs(visit: Visit, product: Product) -> Crumbs:
    for top in visit.front.aisles:
        for child in (top, *top.children):
            if child.id == product.category_id:
                return _crumbs(visit, top, None if child is top else child)
    return _crumbs(visit)


def _plain(product: Product, heading: str) -> str:
    text = re.sub(r"<[^>]+>", " ", product.description_html)
    body = Markup(text).unescape()  # noqa: S704 (plain text from here on; templates escape it)
    return f"{product.subtitle or heading} · {' '.join(body.split())}"


def _shortened(text: str) -> str:
    return text if len(text) <= DESCRIPTION_LENGTH else text[: DESCRIPTION_LENGTH - 1] + "…"


def _chosen(product: Product, wanted: UUID | None) -> Variant | None:
    """Return the variant to begin with: the one asked for though it be sold out, else the first.

    Nobody who asks for one is given another without a word.
    """
    asked = next((one for one in product.variants if one.sku_id == wanted), None)
    return asked or next((one for one in product.variants if one.left), None)


def _begin_with(product: Product, variant: Variant | None) -> Product:
    """Return the product with the picture of the chosen variant before the others."""
    if variant is None or not product.pictures:
        return product
    at = _picture_of(product, variant) - 1
    shown = product.pictures
    return replace(product, pictures=(shown[at], *shown[:at], *shown[at + 1 :]))


def _gone(visit: Visit, chosen: Variant | None) -> str:
    """Say why what was asked for cannot be bought; nothing where it can."""
    if chosen is None or chosen.left:
        return ""
    return gettext(visit.locale, OFF if chosen.is_off else SOLD_OUT, name=chosen.name)


def _picker(visit: Visit, product: Product) -> dict[str, object]:
    """Return what the script needs to turn the list of SKUs into a choice by spec."""
    return {
        "specs": list(product.spec_names),
        "low": gettext(visit.locale, "%(n)s left", n="{n}"),
        "gone": gettext(visit.locale, N_("Sold out")),
        "off": gettext(visit.locale, N_("Not on sale")),
        "gone_here": gettext(visit.locale, N_("Not with this choice")),
        "sold_out": gettext(visit.locale, SOLD_OUT, name="{name}"),
        "not_made": gettext(visit.locale, OFF, name="{name}"),
        "skus": [
            {
                "id": variant.sku_id.hex,
                "values": list(variant.values),
                "price": yuan(variant.cents),
                "left": min(999, variant.left),
                "low": variant.is_low,
                "off": variant.is_off,
                "picture": _picture_of(product, variant),
            }
            for variant in product.variants
        ],
    }


def _picture_of(product: Product, variant: Variant) -> int:
    """Return the number of the picture that shows one of the variant's values, or the first."""
    for number, picture in enumerate(product.pictures, start=1):
        if picture.spec_value and picture.spec_value in variant.values:
            return number
    return 1

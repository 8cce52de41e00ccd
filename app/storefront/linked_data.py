"""What search engines read of a page: schema.org as JSON-LD."""

from collections.abc import Sequence

from app.kit.currencies import HOME_CURRENCY, decimal_text
from app.queries.shelf import Product
from app.routes import media
from app.storefront.visit import Visit

CONTEXT = "https://schema.org"


def of_store(visit: Visit) -> dict[str, object]:
    """Describe the store and how to search it."""
    front = visit.front
    address = visit.canonical(visit.start).rstrip("/")
    data: dict[str, object] = {
        "@context": CONTEXT,
        "@type": "OnlineStore",
        "name": front.name,
        "url": address,
        "potentialAction": {
            "@type": "SearchAction",
            "target": f"{address}/search?q={{search_term_string}}",
            "query-input": "required name=search_term_string",
        },
    }
    if front.tagline:
        data["description"] = front.tagline
    if front.contact_phone:
        data["telephone"] = front.contact_phone
    return data


def of_crumbs(visit: Visit, crumbs: Sequence[tuple[str, str]]) -> dict[str, object]:
    """Describe where a page stands in the store."""
    return {
        "@context": CONTEXT,
        "@type": "BreadcrumbList",
        "itemListElement": [
            {
                "@type": "ListItem",
                "position": place,
                "name": name,
                "item": visit.canonical(path),
            }
            for place, (name, path) in enumerate(crumbs, start=1)
        ],
    }


def of_product(visit: Visit, product: Product, name: str, description: str) -> dict[str, object]:
    """Describe a product and its offers; the seller is the store."""
    address = visit.canonical(f"{visit.home}/p/{product.card.listing_id.hex}")
    data: dict[str, object] = {
        "@context": CONTEXT,
        "@type": "Product",
        "name": name,
        "description": description,
        "url": address,
        "image": [f"{visit.origin}{media(picture.key, 960)}" for picture in product.pictures],
        "offers": [
            {
                "@type": "Offer",
                "url": f"{address}?sku={variant.sku_id.hex}",
                "name": variant.name or name,
                "price": decimal_text(variant.cents, HOME_CURRENCY),
                "priceCurrency": HOME_CURRENCY,
                "itemCondition": f"{CONTEXT}/NewCondition",
                "availability": f"{CONTEXT}/{'InStock' if variant.left else 'OutOfStock'}",
                "seller": {"@type": "Organization", "name": visit.front.name},
            }
            for variant in product.variants
        ],
    }
    return data

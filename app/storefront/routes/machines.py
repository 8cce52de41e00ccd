"""What crawlers ask for: robots.txt and the site map; and the end of every unknown address."""

from fastapi import APIRouter, Response

from app.kit.errors import NotFound
from app.queries import shelf
from app.storefront.answering import StoreRoute
from app.storefront.render import see_other
from app.storefront.visit import Here, Visit

router = APIRouter(prefix="/s/{slug}", route_class=StoreRoute)

PRIVATE = ("cart", "checkout", "orders", "account", "login", "register", "search")
HOUR = {"cache-control": "public, max-age=3600"}


@router.get("/robots.txt")
async def robots(visit: Here) -> Response:
    """Keep crawlers out of what belongs to one visitor."""
    lines = ["User-agent: *", *(f"Disallow: {visit.home}/{name}" for name in PRIVATE)]
    lines += [f"Allow: {visit.start}", f"Sitemap: {_address(visit, '/sitemap.xml')}", ""]
    return Response("\n".join(lines), media_type="text/plain; charset=utf-8", headers=HOUR)


@router.get("/sitemap.xml")
async def sitemap(visit: Here) -> Response:
    """List the store's public pages."""
    places = [f"<url><loc>{_address(visit, path)}</loc></url>" for path in _fixed(visit)]
    places += [
        f"<url><loc>{_address(visit, f'/p/{listing.hex}')}</loc><lastmod>{day}</lastmod></url>"
        for listing, day in await shelf.addresses_of(visit.front.actor())
    ]
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        + "\n".join(places)
        + "\n</urlset>\n"
    )
    return Response(body, media_type="application/xml", headers=HOUR)


def _fixed(visit: Visit) -> list[str]:
    aisles = [one for top in visit.front.aisles for one in (top, *top.children)]
    return ["", *(f"/c/{aisle.slug}" for aisle in aisles)]


def _address(visit: Visit, path: str) -> str:
    return visit.canonical(visit.home + path)


@router.get("/{rest:path}")
async def unknown(visit: Here, rest: str) -> Response:
    """Lead from the store's address with a slash to the one without; anything else is nowhere."""
    if not rest:
        return see_other(visit, visit.start)
    raise NotFound()


@router.post("/{rest:path}")
async def unknown_form(visit: Here, rest: str) -> Response:
    """Refuse forms that nobody reads."""
    del visit, rest
    raise NotFound()

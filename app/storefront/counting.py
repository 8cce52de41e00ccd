"""Whether a request is a visitor's, and as whom and from where it counts.

No cookie is set to count by. Whether somebody was here before is known only of those whose basket
or sign-in the store keeps anyway; whoever has neither counts as new each day.
"""

from urllib.parse import urlsplit

from app.kit.settings import settings
from app.services import visits
from app.services.rules.traffic import arrival_of, device_of, is_crawler
from app.services.sessions import COOKIE as CONSOLE_COOKIE
from app.services.visits import Act, Visitor, today, visitor_hash
from app.storefront.visit import UNCOUNTED_COOKIE, Visit


def visitor_of(visit: Visit) -> Visitor | None:
    """Return who counts, or None.

    Machines do not count, nor people of the console, nor pages fetched before anybody asked.
    """
    if _is_no_visitor(visit):
        return None
    day, agent = today(), visit.agent
    return Visitor(
        visit.front.id,
        day,
        visitor_hash(visit.front.id, day, visit.address, agent),
        arrival_of(
            visit.request.query_params,
            visit.request.headers.get("referer", ""),
            _own_hosts(visit),
            agent,
        ),
        device_of(agent),
        is_new=not (visit.cart_token or visit.session_token),
    )


def count(visit: Visit, act: Act) -> None:
    """Count what a visitor did; it is written a little later."""
    visitor = visitor_of(visit)
    if visitor is not None:
        visits.note(visitor, act)


def _is_no_visitor(visit: Visit) -> bool:
    cookies, headers = visit.request.cookies, visit.request.headers
    ahead = headers.get("sec-purpose") or headers.get("purpose") or ""
    return (
        CONSOLE_COOKIE in cookies
        or UNCOUNTED_COOKIE in cookies
        or "prefetch" in ahead
        or is_crawler(visit.agent)
    )


def _own_hosts(visit: Visit) -> frozenset[str]:
    named = (
        visit.request.url.hostname,
        urlsplit(visit.origin).hostname,
        urlsplit(settings().origin).hostname,
    )
    return frozenset((host or "").removeprefix("www.") for host in named)

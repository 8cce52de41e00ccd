"""How much may wait for payment at once: by phone, by network, and by session or customer.

Whoever places orders without paying holds goods that others would buy. The rule is counted over
the open orders themselves, so that it holds across processes and restarts, and whoever pays or
cancels is free at once. Requests that arrive in the same moment may exceed it by the few that the
process works on side by side; their number is bounded by the rate limits before.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.access import Actor
from app.kit.clock import now
from app.kit.errors import TooMany
from app.kit.i18n import N_, plural
from app.kit.rate_limits import hit, network_of, standing
from app.kit.secrets import derive_key

KINDS = ("phone", "network", "session")


@dataclass(frozen=True)
class Caller:
    """Where an order comes from; ``session`` is the secret of the browser's cart, if it has one."""

    address: str = ""
    session: str = ""


class TooManyUnpaid(TooMany):
    """So many orders of this buyer wait for payment that no other may come on top."""

    code = "too_many_unpaid"
    message = plural(
        "%(count)s order waits for your payment already. Pay or cancel it, then order again; or"
        " try again in %(minutes)s min.",
        "%(count)s orders wait for your payment already. Pay or cancel one of them, then order"
        " again; or try again in %(minutes)s min.",
    )


class TooManyUnits(TooMany):
    """More units than may wait for payment at once."""

    code = "too_many_unpaid"
    message = N_(
        "At most %(most)s units can wait for payment at once; %(count)s of yours do now. Pay or"
        " cancel an open order first, or order fewer units at a time."
    )


class BusyNetwork(TooMany):
    """So many orders from one network wait for payment that no other may come on top."""

    code = "too_many_unpaid"
    message = N_(
        "Many orders from your network wait for payment at the moment. Pay or cancel yours, or try"
        " again in %(minutes)s min."
    )


COUNTS_SQL = (
    "select nextval('order_numbers') as n, "
    + ", ".join(f"{k}.orders as {k}_orders, {k}.units as {k}_units" for k in KINDS)
    + ", least("
    + ", ".join(f"{k}.until" for k in KINDS)
    + ") as until from "
    + ", ".join(
        "(select count(*) as orders, coalesce(sum(unit_count), 0) as units,"
        f" min(expires_at) as until from orders where status = 'PENDING_PAYMENT'"
        f" and {k}_key = %({k}_key)s) {k}"
        for k in KINDS
    )
)
"""The next order's number, and what of the buyer waits for payment: one statement, one trip."""


async def count_try(actor: Actor, phone: str, caller: Caller | None) -> None:
    """Count one try to place an order against the rate limits. Raises TooMany."""
    given = {"address": caller.address} if caller else {}
    await hit("order", phone=phone, session=_session(actor, caller), **given)


def order_keys(actor: Actor, phone: str, caller: Caller | None) -> dict[str, int | None]:
    """Return the keys by which an order counts while it is unpaid.

    They are numbers made with the installation's secret, so that no row tells an address or phone.
    """
    values = {
        "phone": phone,
        "network": network_of(caller.address) if caller and caller.address else None,
        "session": _session(actor, caller),
    }
    secret = derive_key("unpaid orders")
    return {f"{kind}_key": _key(secret, kind, value) for kind, value in values.items()}


def _session(actor: Actor, caller: Caller | None) -> str | None:
    if actor.consumer_id is not None:
        return actor.consumer_id.hex
    return (caller.session or None) if caller else None


def _key(secret: bytes, kind: str, value: str | None) -> int | None:
    if value is None:
        return None
    digest = hmac.new(secret, f"{kind}/{value}".encode(), hashlib.sha256)
    return int.from_bytes(digest.digest()[:8], signed=True)


def excess(row: Mapping[str, Any], units: int) -> TooMany | None:
    """Return why an order of so many units may not come on top of what ``COUNTS_SQL`` found."""
    orders, most_units = standing("unpaid_orders"), standing("unpaid_units")
    until: datetime | None = row["until"]
    wait = (until - now()).total_seconds() if until else 60.0
    for kind in KINDS:
        if row[f"{kind}_orders"] >= orders[kind]:
            count = row[f"{kind}_orders"]
            return BusyNetwork(wait) if kind == "network" else TooManyUnpaid(wait, count=count)
        held = int(row[f"{kind}_units"])
        if held + units > most_units[kind]:
            if kind == "network" and held:
                return BusyNetwork(wait)
            return TooManyUnits(wait, most=most_units[kind], count=held)
    return None

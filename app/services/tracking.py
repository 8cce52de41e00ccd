"""Where parcels are, as their couriers say."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from app.access import SYSTEM
from app.adapters.couriers import demo_tracks
from app.kit.clock import now
from app.kit.ids import new_id
from app.services.engine import engine_transaction

_WATCHED = text(
    "select id, order_id, supplier_id, distributor_id, shipped_at from shipments"
    " where carrier_code = 'sandbox' and delivered_at is null and shipped_at > :since"
    " order by shipped_at limit :limit"
)
_KEEP = text(
    "insert into tracking_events (id, shipment_id, order_id, supplier_id, distributor_id, state,"
    " text, occurred_at) values (:id, :shipment_id, :order_id, :supplier_id, :distributor_id,"
    " :state, :text, :occurred_at) on conflict (shipment_id, occurred_at, text) do nothing"
)


async def track_demo_parcels(limit: int = 200) -> int:
    """Record what the demo courier reports; return how many parcels are watched."""
    async with engine_transaction(SYSTEM, "shipments.track") as session:
        since = now() - timedelta(days=2)
        found = await session.execute(_WATCHED, {"since": since, "limit": limit})
        parcels = [dict(row) for row in found.mappings()]
        events = [event for parcel in parcels for event in _events(parcel)]
        if events:
            await session.execute(_KEEP, events)
        delivered = [e["shipment_id"] for e in events if e["state"] == "DELIVERED"]
        if delivered:
            await session.execute(
                text("update shipments set delivered_at = :at where id = any(:ids)"),
                {"at": now(), "ids": delivered},
            )
        return len(parcels)


def _events(parcel: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "id": new_id(),
            "shipment_id": parcel["id"],
            "order_id": parcel["order_id"],
            "supplier_id": parcel["supplier_id"],
            "distributor_id": parcel["distributor_id"],
            "state": track.state,
            "text": track.text,
            "occurred_at": track.occurred_at,
        }
        for track in demo_tracks(parcel["shipped_at"], now())
    ]

"""Where providers report: verify, apply once, answer fast."""

from fastapi import APIRouter, Request, Response

from app.adapters.gateway import CallbackRefused, gateway
from app.kit.errors import NotFound, TradeError
from app.services import payments

router = APIRouter(prefix="/callbacks")

MOST_BYTES = 64 * 1024


@router.post("/{provider}")
async def receive(provider: str, request: Request) -> Response:
    """Take a callback: 200 also for a duplicate, 4xx for a forged, old or unknown one."""
    body = await _read(request)
    if body is None:
        return Response("too large", 413)
    try:
        event = gateway(provider).read_callback(request.headers, body)
    except LookupError:
        return Response("unknown provider", 404)
    except CallbackRefused as error:
        return Response(str(error), 401)
    try:
        return Response(await payments.confirm(event))
    except NotFound:
        return Response("unknown payment", 404)
    except TradeError as refusal:
        # Not applied, so not acknowledged: the provider sends it again.
        return Response(refusal.code, refusal.status)


async def _read(request: Request) -> bytes | None:
    """Return the body, or None as soon as it is longer than any provider's."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            return None
    return body

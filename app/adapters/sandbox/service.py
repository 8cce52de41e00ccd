"""The sandbox provider as a service of its own: API, pay page, control page, signed callbacks."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import httpx
from fastapi import Depends, FastAPI, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader

from app.adapters.gateway import CallbackRefused
from app.adapters.sandbox.signing import sign, verify
from app.adapters.sandbox.store import Refused, SandboxStore, Unknown
from app.kit.i18n import money_text
from app.kit.settings import settings

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True
)
_untyped: Any = _templates
_untyped.filters["money"] = money_text
_store: SandboxStore | None = None


def store() -> SandboxStore:
    """Return the sandbox's memory, opened on first use."""
    global _store
    if _store is None:
        _store = SandboxStore(settings().data_dir / "sandbox.db")
    return _store


@asynccontextmanager
async def _lifespan(_: FastAPI) -> AsyncGenerator[None]:
    courier = asyncio.create_task(_deliver_for_ever())
    yield
    courier.cancel()


app = FastAPI(title="Tongshang payment sandbox", lifespan=_lifespan, docs_url=None, redoc_url=None)


async def _deliver_for_ever() -> None:
    async with httpx.AsyncClient(timeout=10) as client:
        while True:
            for message in await asyncio.to_thread(store().due_messages):
                await _deliver(client, message)
            await asyncio.sleep(0.2)


async def _deliver(client: httpx.AsyncClient, message: dict[str, Any]) -> None:
    body = message["body"].encode()
    try:
        answer = await client.post(message["callback_url"], content=body, headers=sign(body))
        accepted = answer.is_success
    except httpx.HTTPError:
        accepted = False
    await asyncio.to_thread(
        store().delivered, message["id"], message["attempts"], accepted=accepted
    )


@app.exception_handler(Refused)
async def _refused(_: Request, error: Exception) -> Response:
    status = 404 if isinstance(error, Unknown) else 409
    return JSONResponse({"error": str(error)}, status_code=status)


async def _signed(request: Request) -> dict[str, Any]:
    body = await request.body()
    try:
        verify(request.headers, body)
    except CallbackRefused as error:
        raise HTTPException(401, str(error)) from error
    return json.loads(body)


Signed = Annotated[dict[str, Any], Depends(_signed)]


def _answer(payment: dict[str, Any]) -> dict[str, Any]:
    return {
        "state": payment["state"],
        "reference": payment["reference"],
        "pay_url": f"{settings().sandbox_origin}/pay/{payment['reference']}",
        "amount_cents": payment["amount_cents"],
        "currency": payment["currency"],
    }


@app.post("/v1/payments")
def create(data: Signed) -> dict[str, Any]:
    """Open a payment."""
    return _answer(store().create(data))


@app.post("/v1/payments/query")
def query(data: Signed) -> dict[str, Any]:
    """Say where a payment stands."""
    return _answer(store().payment(data["number"]))


@app.post("/v1/payments/close")
def close(data: Signed) -> dict[str, Any]:
    """Close an unpaid payment."""
    return _answer(store().close(data["number"]))


@app.post("/v1/refunds")
def refund(data: Signed) -> dict[str, Any]:
    """Give money back."""
    state = store().refund(data["number"], data["refund_number"], data["amount_cents"])
    return {"state": state}


def _page(name: str, locale: str, **values: Any) -> HTMLResponse:
    page = _templates.get_template(name).render(en=locale.startswith("en"), **values)
    headers = {
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline';"
        " form-action *; frame-ancestors 'none'",
        "cache-control": "no-store",
    }
    return HTMLResponse(page, headers=headers)


@app.get("/pay/{reference}")
def pay_page(reference: str) -> HTMLResponse:
    """Show the buyer what is to be paid."""
    payment = store().by_reference(reference)
    amount = money_text(payment["amount_cents"], payment["currency"])
    return _page("pay.html", payment["locale"], payment=payment, amount=amount)


@app.post("/pay/{reference}")
def decide(reference: str, action: Annotated[str, Form()]) -> RedirectResponse:
    """Take the buyer's decision and send them back to the store."""
    payment = store().by_reference(reference)
    if action in ("pay", "fail"):
        payment = store().decide(reference, pays=action == "pay")
    return RedirectResponse(payment["return_url"], status_code=303)


@app.get("/")
def control(request: Request) -> HTMLResponse:
    """Show the switches and the latest payments."""
    locale = "en" if request.headers.get("accept-language", "").startswith("en") else "zh_CN"
    return _page(
        "control.html",
        locale,
        switches=store().switches(),
        payments=store().recent(),
        waiting=store().waiting(),
    )


@app.post("/switches")
def set_switches(
    fail: Annotated[int, Form()] = 0,
    delay: Annotated[int, Form(ge=0, le=3600)] = 0,
    repeat: Annotated[int, Form(ge=0, le=20)] = 0,
    reorder: Annotated[int, Form()] = 0,
) -> RedirectResponse:
    """Change how the provider misbehaves."""
    store().set_switches({"fail": fail, "delay": delay, "repeat": repeat, "reorder": reorder})
    return RedirectResponse("/", status_code=303)


@app.get("/healthz")
def health() -> dict[str, str]:
    """Say that the sandbox lives."""
    return {"status": "ok"}

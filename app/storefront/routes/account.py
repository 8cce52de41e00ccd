"""A customer's account in one store: signing in and out, orders, addresses."""

from fastapi import APIRouter, Request, Response

from app.kit.errors import Invalid, NotFound, TradeError, retry_headers
from app.kit.rate_limits import hit
from app.kit.web_forms import Form, read_form
from app.queries import store_orders
from app.services import carts, consumers
from app.services.consumers import Registration
from app.services.inputs import read
from app.storefront.answering import StoreRoute, refusal
from app.storefront.forms import phone_of, uuid_of
from app.storefront.render import page, see_other
from app.storefront.visit import Here, SignedInHere, Visit
from app.storefront.words import word

router = APIRouter(prefix="/s/{slug}", route_class=StoreRoute)


@router.get("/login")
async def login_form(visit: Here, next: str = "", notice: str = "") -> Response:  # noqa: A002
    """Show the form to sign in."""
    said = word(visit.locale, "notice", notice)
    return _form(visit, "login", {"next": _inside(visit, next)}, notice=said)


@router.get("/register")
async def register_form(visit: Here, next: str = "") -> Response:  # noqa: A002
    """Show the form to open an account."""
    return _form(visit, "register", {"next": _inside(visit, next)})


def _inside(visit: Visit, address: str) -> str:
    """Return an address if it lies in this store, else the account page."""
    path = address.partition("?")[0]
    # On a host of the store's own every path lies in it, but two slashes begin another host.
    inside = path == visit.start or (path.startswith(f"{visit.home}/") and path[1:2] != "/")
    plain = all(char.isprintable() and char not in "\\" for char in address)
    return address if inside and plain and ".." not in path else f"{visit.home}/account"


def _form(
    visit: Visit,
    mode: str,
    form: dict[str, str],
    error: TradeError | None = None,
    notice: str = "",
) -> Response:
    errors = error.fields if isinstance(error, Invalid) else {}
    answer = page(
        visit,
        "login.html",
        status=error.status if error else 200,
        mode=mode,
        form=form,
        errors=errors,
        alert=refusal(error, visit.locale) if error else "",
        notice=notice,
    )
    if error is not None:
        answer.headers.update(retry_headers(error))
    return answer


@router.post("/login")
async def login(visit: Here, request: Request) -> Response:
    """Sign in by phone and password."""
    form = await read_form(request)
    try:
        phone = phone_of(form)
        await hit("login", address=visit.address, account=f"{visit.front.slug}/{phone}")
        token = await consumers.log_in(visit.front.actor(), phone, form.get("password", "")[:128])
    except TradeError as error:
        return _form(visit, "login", form.typed, error)
    return await _welcome(visit, form, token)


@router.post("/register")
async def register(visit: Here, request: Request) -> Response:
    """Open an account and sign in."""
    form = await read_form(request)
    try:
        await hit("register", address=visit.address)
        wish = read(
            Registration,
            {
                "phone": phone_of(form),
                "name": form.get("name", ""),
                "password": form.get("password", ""),
                "locale": visit.locale,
            },
        )
        token = await consumers.register(visit.front.actor(), visit.front.distributor_id, wish)
    except TradeError as error:
        return _form(visit, "register", form.typed, error)
    return await _welcome(visit, form, token)


async def _welcome(visit: Visit, form: Form, token: str) -> Response:
    """Remember the browser, bring the customer's baskets together, and go on."""
    visit.keep_session(token)
    customer = await consumers.who(visit.front.actor(), token)
    if customer is not None:
        cart = visit.cart_token or carts.new_token()
        lines = await carts.adopt(visit.front.actor(customer.consumer_id), cart)
        visit.keep_cart(cart, lines)
    return see_other(visit, _inside(visit, form.get("next", "")))


@router.post("/logout")
async def logout(visit: Here) -> Response:
    """End the session in this browser; the basket stays with the account."""
    if visit.session_token:
        await consumers.log_out(visit.front.actor(), visit.session_token)
    visit.keep_session("")
    visit.forget_cart()
    return see_other(visit, f"{visit.home}/login?notice=signed_out")


@router.get("/account")
async def account(visit: SignedInHere) -> Response:
    """Show the customer's orders and addresses."""
    return page(
        visit,
        "account.html",
        orders=await store_orders.of_customer(visit.actor),
        kept=await consumers.addresses(visit.actor),
    )


@router.post("/account/addresses/{address}/remove")
async def remove_address(address: str, visit: SignedInHere) -> Response:
    """Remove an address from the customer's book."""
    address_id = uuid_of(address)
    if address_id is None:
        raise NotFound()
    await consumers.forget_address(visit.actor, address_id)
    return see_other(visit, f"{visit.home}/account")

"""One request in a store: which store, whose cookies, which language; cookies that are set."""

from dataclasses import dataclass, field, replace
from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request, Response

from app.access import Actor
from app.kit.client_address import client_address
from app.kit.errors import Forbidden, NotFound, NotSignedIn
from app.kit.i18n import COOKIE as LANGUAGE_COOKIE
from app.kit.i18n import N_, locale_of
from app.kit.settings import settings
from app.routes import store
from app.services import consumers
from app.services.consumers import SESSION_DAYS, SignedIn
from app.services.shopfront import Front, front_of

CART_COOKIE = "ts_cart"
COUNT_COOKIE = "ts_cart_n"
SESSION_COOKIE = "ts_customer"
THEME_COOKIE = "ts_theme"
UNCOUNTED_COOKIE = "ts_uncounted"
THEMES = ("light", "dark")
LANGUAGES = ("zh", "en")
OWN_HOST = "tongshang.own_host"
"""Where a request's scope holds the slug of the store whose own host name it came by."""
SWITCHES = ("lang", "theme", "hl", "count")
"""What an address may ask for once; the page's own address is without it."""

CAMPAIGN = ("c", "utm_source", "utm_medium", "utm_campaign")
"""What an address says of where its visitor comes from, once."""

YEAR = 365 * 24 * 3600
CART_DAYS = 60


class ForeignForm(Forbidden):
    """A form that another site sent in the visitor's name."""

    code = "foreign_form"
    message = N_("This form did not come from this store. Go back and send it again.")


@dataclass(frozen=True)
class Visit:
    """What every page of a store knows of its request."""

    request: Request
    front: Front
    locale: str
    theme: str
    cart_token: str
    cart_count: int
    session_token: str
    customer: SignedIn | None = None
    cookies: dict[str, tuple[str, str, int]] = field(
        default_factory=dict[str, tuple[str, str, int]]
    )
    """Cookies to set: name → (value, path, seconds)."""

    @property
    def actor(self) -> Actor:
        """Who acts: the signed-in customer where a page asked for one, else a visitor."""
        return self.front.actor(self.customer.consumer_id if self.customer else None)

    @property
    def home(self) -> str:
        """What every address in the store starts with; '' on a host name of its own."""
        return "" if OWN_HOST in self.request.scope else store(self.front.slug)

    @property
    def start(self) -> str:
        """The address of the store's entry page."""
        return self.home or "/"

    @property
    def path(self) -> str:
        """The path of this request, as the visitor sees it."""
        return seen_path(self.request)

    @property
    def origin(self) -> str:
        """The scheme and host at which the visitor is, where cookies and forms belong."""
        if OWN_HOST in self.request.scope:
            return f"{scheme()}://{self.request.url.netloc}"
        return store_origin()

    def canonical(self, path: str) -> str:
        """Return the one public address of a path in the store: at its own host if it has one."""
        below = path.removeprefix(self.home)
        if self.front.host_name:
            return f"{scheme()}://{self.front.host_name}{below or '/'}"
        return store_origin() + store(self.front.slug) + ("" if below == "/" else below)

    @property
    def is_private(self) -> bool:
        """Whether the answer may be kept by this browser only."""
        return bool(self.cart_token or self.session_token or self.cookies)

    @property
    def address(self) -> str:
        """The visitor's network address."""
        return client_address(self.request)

    @property
    def agent(self) -> str:
        """The visitor's browser, as it calls itself."""
        return self.request.headers.get("user-agent", "")

    def keep(self, name: str, value: str, days: int) -> None:
        """Set a cookie of this store."""
        self.cookies[name] = (value, self.start, days * 24 * 3600)

    def keep_cart(self, token: str, lines: int) -> None:
        """Remember the basket and how many lines it has."""
        self.keep(CART_COOKIE, token, CART_DAYS)
        self.keep(COUNT_COOKIE, str(lines), CART_DAYS)

    def forget_cart(self) -> None:
        """Let go of the basket."""
        for name in (CART_COOKIE, COUNT_COOKIE):
            self.keep(name, "", 0)

    def keep_session(self, token: str) -> None:
        """Remember the signed-in customer; '' forgets."""
        self.keep(SESSION_COOKIE, token, SESSION_DAYS if token else 0)

    def send_cookies(self, response: Response) -> None:
        """Write the cookies into an answer."""
        secure = self.origin.startswith("https:")
        for name, (value, path, seconds) in self.cookies.items():
            response.set_cookie(
                name, value, max_age=seconds, path=path, secure=secure, httponly=True
            )


def scheme() -> str:
    """Return by which scheme people reach the installation."""
    return urlsplit(settings().origin).scheme


def seen_path(request: Request) -> str:
    """Return a request's path as its visitor sees it."""
    slug = request.scope.get(OWN_HOST)
    return request.url.path.removeprefix(store(slug)) or "/" if slug else request.url.path


def store_origin() -> str:
    """Return scheme and host of the stores: a host of their own, or that of the whole app."""
    host = settings().store_host
    if not host:
        return settings().origin
    return f"{scheme()}://{host}"


def preferences(request: Request) -> dict[str, tuple[str, str, int]]:
    """Return the cookies that ``?lang=``, ``?theme=`` and ``?count=off`` in an address ask for.

    The last is in the console's links to stores: whoever works there is no visitor to count. It
    also serves visitors who want to be left out.
    """
    wanted: dict[str, tuple[str, str, int]] = {}
    place = "/" if OWN_HOST in request.scope else "/s"
    if request.query_params.get("lang") in LANGUAGES:
        wanted[LANGUAGE_COOKIE] = (request.query_params["lang"], "/", YEAR)
    if request.query_params.get("theme") in THEMES:
        wanted[THEME_COOKIE] = (request.query_params["theme"], place, YEAR)
    if request.query_params.get("count") == "off":
        wanted[UNCOUNTED_COOKIE] = ("1", place, YEAR)
    return wanted


def request_locale(request: Request) -> str:
    """Return the language of an answer; ``?hl=`` (for crawlers) goes before the cookie."""
    language = request.query_params.get("hl") or request.cookies.get(LANGUAGE_COOKIE)
    return locale_of(language, request.headers.get("accept-language"))


def same_origin(request: Request) -> None:
    """Refuse a form of another site; browsers say where a form comes from.

    The cookies are SameSite=Lax already; this holds also where a browser ignores that.
    Raises ForeignForm.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise ForeignForm()
        return
    origin = request.headers.get("origin")
    # Without either header it is no browser that could be tricked.
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise ForeignForm()


async def visit_of(slug: str, request: Request) -> Visit:
    """Return the visit of a request. Raises NotFound for an address without a store."""
    front = await front_of(slug)
    if front is None:
        raise NotFound()
    return make_visit(front, request)


def make_visit(front: Front, request: Request) -> Visit:
    """Read the request's cookies."""
    cookies = request.cookies
    count = cookies.get(COUNT_COOKIE, "")
    theme = cookies.get(THEME_COOKIE, "")
    return Visit(
        request=request,
        front=front,
        locale=request_locale(request),
        theme=theme if theme in THEMES else "",
        cart_token=cookies.get(CART_COOKIE, "")[:64],
        cart_count=min(999, int(count)) if count.isascii() and count.isdecimal() else 0,
        session_token=cookies.get(SESSION_COOKIE, "")[:64],
    )


async def customer_visit(visit: Annotated[Visit, Depends(visit_of)]) -> Visit:
    """Return the visit with its customer, if one is signed in."""
    if not visit.session_token:
        return visit
    customer = await consumers.who(visit.front.actor(), visit.session_token)
    return replace(visit, customer=customer)


async def signed_in_visit(visit: Annotated[Visit, Depends(customer_visit)]) -> Visit:
    """Return the visit of a signed-in customer. Raises NotSignedIn."""
    if visit.customer is None:
        raise NotSignedIn()
    return visit


def login_address(visit: Visit) -> str:
    """Return where to sign in and come back from."""
    here = visit.path if visit.request.method == "GET" else f"{visit.home}/account"
    return f"{visit.home}/login?next={quote(here)}"


Here = Annotated[Visit, Depends(visit_of)]
Known = Annotated[Visit, Depends(customer_visit)]
SignedInHere = Annotated[Visit, Depends(signed_in_visit)]

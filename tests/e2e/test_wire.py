"""Nobody's browser ever gets what they may not know: each role's websocket is read on every page.

The forbidden values stand in the database of the running installation. They are odd amounts that
occur nowhere else, so that a value that arrives can only be the confidential one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser

from tests.e2e.installation import Installation
from tests.e2e.wire import Walk, Walker

COMMISSION, FEE, MARGIN = 1_377_31, 113_31, 5_577_31
OWN_COST, OTHERS_COST = 2_277_31, 4_477_31
TOTP_SECRET = b"JBSWY3DPEHPK77PXP"


@dataclass(frozen=True)
class Secrets:
    """What must not arrive, as it could be written."""

    of_nobody: Sequence[str]
    not_for_suppliers: Sequence[str]
    not_for_distributors: Sequence[str]
    other_suppliers: Sequence[str]
    order: str
    part: str
    """The order with the odd amounts, and its supplier's part, by number."""


def _written(cents: int) -> list[str]:
    """Return an amount as it may be written on the wire."""
    yuan, fen = divmod(cents, 100)
    return [str(cents), f"{yuan:,}.{fen:02d}", f"{yuan}.{fen:02d}"]


@pytest.fixture(scope="module")
def secrets(installation: Installation) -> Secrets:
    """Put odd amounts into an order and into the costs; collect what must stay secret."""
    with installation.undisturbed(), installation.engine() as connection:
        line, supply, quantity, discount, order, part = connection.execute(
            "select l.id, t.supply_cents, l.quantity, l.discount_cents, o.number, s.number"
            " from order_lines l join order_line_terms t on t.line_id = l.id"
            " join orders o on o.id = l.order_id"
            " join supplier_orders s on s.id = l.supplier_order_id"
            " join merchants m on m.id = s.supplier_id"
            " join merchants d on d.id = s.distributor_id"
            " where m.code = 'qingyao' and d.code = 'muxia'"
            " and s.status not in ('CLOSED', 'PENDING_PAYMENT')"
            " order by s.placed_at desc limit 1"
        ).fetchone() or pytest.fail("the demo has no order of qingyao")
        terms = supply + COMMISSION + FEE + MARGIN
        retail = -(-(terms + discount) // quantity)
        margin = MARGIN + retail * quantity - discount - terms
        connection.execute(
            "update order_lines set retail_cents = %s, goods_cents = %s where id = %s",
            [retail, retail * quantity, line],
        )
        connection.execute(
            "update order_line_terms set commission_cents = %s, payment_fee_cents = %s,"
            " margin_cents = %s where line_id = %s",
            [COMMISSION, FEE, margin, line],
        )
        connection.execute(
            "update sku_costs c set cost_cents = case when m.code = 'qingyao' then %s else %s end"
            " from merchants m where m.id = c.supplier_id",
            [OWN_COST, OTHERS_COST],
        )
        connection.execute("update user_secrets set totp_secret = %s", [TOTP_SECRET])
        hashes = connection.execute(
            "select password_hash from user_secrets union select token_hash from user_sessions"
            " union select secret_hash from api_keys"
        ).fetchall()
        others = connection.execute(
            "select name from merchants where is_supplier and not is_distributor"
            " and code <> 'qingyao'"
        ).fetchall()
        connection.commit()
    assert hashes and others
    return Secrets(
        of_nobody=[*(row[0] for row in hashes), TOTP_SECRET.decode(), TOTP_SECRET.hex()],
        not_for_suppliers=[
            text
            for cents in (COMMISSION, FEE, margin, retail, retail * quantity, OTHERS_COST)
            for text in _written(cents)
        ],
        not_for_distributors=[*_written(OWN_COST), *_written(OTHERS_COST)],
        other_suppliers=[row[0] for row in others],
        order=order,
        part=part,
    )


@dataclass(frozen=True)
class Role:
    """Who walks, and where."""

    email: str
    workspace: str


ROLES = {
    "platform": Role("platform@demo.example", "/platform/main"),
    "supplier": Role("supplier@demo.example", "/supplier/qingyao"),
    "distributor": Role("distributor@demo.example", "/distributor/muxia"),
}


@dataclass(frozen=True)
class Walked:
    """A role's walk, with the token of its session."""

    role: str
    walk: Walk
    token: str


@pytest.fixture(scope="module", params=list(ROLES))
def walked(
    request: pytest.FixtureRequest, installation: Installation, browser: Browser, secrets: Secrets
) -> Iterator[Walked]:
    """Walk through every page of a role once; the tests look at what was seen."""
    role = ROLES[request.param]
    token = installation.sign_in(role.email)
    walker = Walker(browser, installation, token, role.workspace)
    number = secrets.part if request.param == "supplier" else secrets.order
    assert walker.all_pages(f"orders/{number}")
    walker.close()
    yield Walked(request.param, walker.walk, token)


def _leaks(walk: Walk, values: Sequence[str]) -> dict[str, list[str]]:
    return {value: found for value in values if (found := walk.pages_with(value))}


def test_the_walk_really_heard_something(walked: Walked) -> None:
    """Without this, "nothing secret arrived" could be true of silence."""
    silent = [page for page, text in walked.walk.frames.items() if len(text) < 200]
    assert not silent
    assert walked.walk.pages_with(ROLES[walked.role].email)


def test_what_a_role_may_see_does_arrive(walked: Walked, secrets: Secrets) -> None:
    """The odd amounts are really on the way, and those who may see them get them."""
    allowed = {
        "platform": [_written(COMMISSION), secrets.other_suppliers],
        "supplier": [_written(OWN_COST), [secrets.part]],
        "distributor": [_written(COMMISSION), [secrets.order]],
    }
    for forms in allowed[walked.role]:
        assert any(walked.walk.pages_with(form) for form in forms), forms


def test_no_secret_of_a_login_arrives(walked: Walked, secrets: Secrets) -> None:
    assert not _leaks(walked.walk, [*secrets.of_nobody, walked.token])


def test_a_supplier_learns_no_prices_of_others(walked: Walked, secrets: Secrets) -> None:
    if walked.role == "supplier":
        assert not _leaks(walked.walk, secrets.not_for_suppliers)


def test_a_supplier_learns_of_no_other_supplier(walked: Walked, secrets: Secrets) -> None:
    if walked.role == "supplier":
        assert not _leaks(walked.walk, secrets.other_suppliers)


def test_a_distributor_learns_no_costs(walked: Walked, secrets: Secrets) -> None:
    if walked.role == "distributor":
        assert not _leaks(walked.walk, secrets.not_for_distributors)


def test_no_request_leaves_the_machine(walked: Walked) -> None:
    assert not walked.walk.foreign


def test_no_page_complains(walked: Walked) -> None:
    assert not walked.walk.complaints


def test_every_page_has_a_strict_policy(walked: Walked) -> None:
    for page, policy in walked.walk.policies.items():
        assert "script-src 'self'" in policy, page
        assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0], page
        assert "frame-ancestors 'none'" in policy, page


def test_nothing_serious_bars_anybody(walked: Walked) -> None:
    assert not walked.walk.barriers

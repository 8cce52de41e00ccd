"""Who a cookie stands for, and as whom it acts."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from app.access import SYSTEM, Scope
from app.kit.clock import frozen, now
from app.kit.db import Database
from app.kit.errors import Forbidden, NotFound, NotSignedIn
from app.routes import Workspace
from app.services.sessions import (
    REQUIRE_PLATFORM_TOTP,
    SecondFactorDue,
    actor_for,
    remember_workspace,
    signed_in,
    tidy,
)
from tests.integration.people import join, make_merchant, make_user, open_session

MAIN = Workspace("platform")


async def _run(database: Database, sql: str, **values: object) -> None:
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(text(sql), values)


async def test_one_login_enters_every_workspace_of_its_user(database: Database) -> None:
    user = await make_user(database)
    both = await make_merchant(database, distributor=True)
    shop = await make_merchant(database, supplier=False, distributor=True)
    await join(database, user.id, both.id)
    await join(database, user.id, shop.id, "analyst")
    await join(database, user.id, None, "platform_analyst")
    token = await open_session(database, user.id)
    found = await signed_in(token)
    assert next((w.scope, w.merchant_code) for w in found.workspaces) == ("platform", "main")
    assert {(w.scope, w.merchant_code) for w in found.workspaces} == {
        ("platform", "main"),
        ("supplier", both.code),
        ("distributor", both.code),
        ("distributor", shop.code),
    }
    for entry in found.workspaces:
        actor, entered = await actor_for(token, entry.workspace, "en")
        assert (actor.scope, actor.user_id, actor.locale) == (entry.scope, user.id, "en")
        assert entered.merchant_name == entry.merchant_name
        assert actor.permissions
        assert all(p.startswith(f"{entry.scope}:") for p in actor.permissions)
    assert (await actor_for(token, MAIN))[0].merchant_id is None
    assert (await actor_for(token, Workspace("supplier", both.code)))[0].merchant_id == both.id


async def test_permissions_of_one_company_do_not_count_in_another(database: Database) -> None:
    user = await make_user(database)
    mine = await make_merchant(database)
    shop = await make_merchant(database, distributor=True)
    await join(database, user.id, mine.id, "owner")
    await join(database, user.id, shop.id, "analyst")
    token = await open_session(database, user.id)
    actor, _ = await actor_for(token, Workspace("supplier", shop.code))
    assert actor.permissions == {
        "supplier:dashboard:read",
        "supplier:analytics:read",
        "supplier:analytics:write",
    }


async def test_somebody_elses_workspace_is_not_found(database: Database) -> None:
    user = await make_user(database)
    mine, theirs = await make_merchant(database), await make_merchant(database)
    await join(database, user.id, mine.id)
    token = await open_session(database, user.id)
    for workspace in (
        Workspace("supplier", theirs.code),
        Workspace("supplier", "nobody"),
        # The merchant is no distributor.
        Workspace("distributor", mine.code),
        Workspace("platform", mine.code),
        Workspace("consumer", mine.code),
        Workspace("system"),
        MAIN,
    ):
        with pytest.raises(NotFound):
            await actor_for(token, workspace)


async def test_the_account_needs_no_merchant(database: Database) -> None:
    user = await make_user(database)
    actor, _ = await actor_for(await open_session(database, user.id), Workspace("account"))
    assert (actor.scope, actor.user_id, actor.permissions) == (
        Scope.ACCOUNT,
        user.id,
        frozenset(),
    )


@pytest.mark.parametrize(
    "change",
    [
        "update user_sessions set revoked_at = now() where user_id = :user",
        "update user_sessions set expires_at = now() where user_id = :user",
        "update user_sessions set last_seen_at = now() - interval '8 days' where user_id = :user",
        "update users set disabled_at = now() where id = :user",
        # A second factor that this session never showed.
        "update users set totp_enabled_at = now() where id = :user",
    ],
)
async def test_what_ends_a_session_ends_it_at_once(database: Database, change: str) -> None:
    user = await make_user(database)
    token = await open_session(database, user.id)
    await signed_in(token)
    await _run(database, change, user=user.id)
    with pytest.raises(NotSignedIn):
        await signed_in(token)
    with pytest.raises(NotSignedIn):
        await actor_for(token, Workspace("account"))


@pytest.mark.parametrize("token", [None, "", "wrong"])
async def test_without_a_valid_token_nobody_is_signed_in(
    database: Database, token: str | None
) -> None:
    with pytest.raises(NotSignedIn):
        await signed_in(token)


async def test_a_role_taken_away_is_gone_with_the_next_event(database: Database) -> None:
    user, merchant = await make_user(database), await make_merchant(database)
    await join(database, user.id, merchant.id)
    token = await open_session(database, user.id)
    await actor_for(token, Workspace("supplier", merchant.code))
    await _run(database, "delete from memberships where user_id = :user", user=user.id)
    with pytest.raises(NotFound):
        await actor_for(token, Workspace("supplier", merchant.code))


async def test_a_suspended_merchant_is_read_only(database: Database) -> None:
    user, merchant = await make_user(database), await make_merchant(database, status="SUSPENDED")
    await join(database, user.id, merchant.id)
    actor, entered = await actor_for(
        await open_session(database, user.id), Workspace("supplier", merchant.code)
    )
    assert entered.is_suspended
    actor.require("supplier:products:read")
    with pytest.raises(Forbidden):
        actor.require("supplier:products:write")
    assert not any(permission.endswith(":write") for permission in actor.permissions)


@pytest.mark.parametrize("status", ["PENDING", "REJECTED"])
async def test_a_waiting_merchant_is_listed_but_closed(database: Database, status: str) -> None:
    user, merchant = await make_user(database), await make_merchant(database, status=status)
    await join(database, user.id, merchant.id)
    token = await open_session(database, user.id)
    (entry,) = (await signed_in(token)).workspaces
    assert (entry.status, entry.is_open) == (status, False)
    with pytest.raises(NotFound):
        await actor_for(token, entry.workspace)


async def test_platform_staff_may_be_held_to_a_second_factor(database: Database) -> None:
    user = await make_user(database)
    await join(database, user.id, None, "platform_owner")
    token = await open_session(database, user.id)
    await actor_for(token, MAIN)
    await _run(
        database,
        "insert into platform_settings (key, value) values (:key, '{\"on\": true}')",
        key=REQUIRE_PLATFORM_TOTP,
    )
    try:
        with pytest.raises(SecondFactorDue):
            await actor_for(token, MAIN)
        await _run(
            database, "update users set totp_enabled_at = now() where id = :user", user=user.id
        )
        await _run(
            database,
            "update user_sessions set second_factor_at = now() where user_id = :user",
            user=user.id,
        )
        await actor_for(token, MAIN)
    finally:
        await _run(database, "delete from platform_settings")


async def test_being_seen_is_noted_at_most_once_a_minute(database: Database) -> None:
    user = await make_user(database)
    token = await open_session(database, user.id)

    async def seen() -> object:
        async with database.engine_transaction(SYSTEM) as session:
            return await session.scalar(
                text("select last_seen_at from user_sessions where user_id = :user"),
                {"user": user.id},
            )

    first = await seen()
    await signed_in(token)
    assert await seen() == first
    later = now() + timedelta(minutes=2)
    with frozen(later):
        await signed_in(token)
    assert await seen() == later


async def test_the_last_workspace_is_remembered(database: Database) -> None:
    user = await make_user(database)
    token = await open_session(database, user.id)
    await remember_workspace(user.id, Workspace("supplier", "qingyao"))
    assert (await signed_in(token)).last_workspace == "supplier/qingyao"


async def test_only_what_ended_long_ago_is_forgotten(database: Database) -> None:
    user = await make_user(database)
    for _ in range(4):
        await open_session(database, user.id)
    ended = (
        "update user_sessions set {} where id = (select id from user_sessions"
        " where user_id = :user and revoked_at is null and expires_at > now() limit 1)"
    )
    for change in (
        "expires_at = now() - interval '91 days'",
        "revoked_at = now() - interval '91 days'",
        "revoked_at = now() - interval '89 days'",
    ):
        await _run(database, ended.format(change), user=user.id)
    await tidy()
    async with database.engine_transaction(SYSTEM) as session:
        kept = await session.scalar(
            text("select count(*) from user_sessions where user_id = :user"), {"user": user.id}
        )
    assert kept == 2

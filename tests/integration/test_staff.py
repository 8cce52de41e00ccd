"""The people of a workspace, the roles that its owners compose, its keys."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from app.access import SYSTEM, Actor, Scope
from app.kit import rate_limits
from app.kit.db import Database
from app.kit.errors import Forbidden, Invalid, NotFound, NotSignedIn
from app.kit.settings import settings
from app.routes import Workspace
from app.services import api_keys, invitations, role_sets, staff
from app.services.grants import NotYours
from app.services.one_time import LinkExpired
from app.services.sessions import actor_for, signed_in
from models.identity import User
from tests.integration.people import (
    HERE,
    account_of,
    join,
    make_merchant,
    make_user,
    open_session,
    sent_mails,
    token_in,
)

NEW_PASSWORD = "a different long sentence"


@pytest.fixture(autouse=True)
async def empty_queue(database: Database) -> None:
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(text("delete from procrastinate_jobs"))


@pytest.fixture(autouse=True)
def fresh_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TONGSHANG_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    rate_limits.forget_all()
    yield
    monkeypatch.undo()
    settings.cache_clear()


# People and roles


async def _member(
    database: Database, merchant_id: UUID | None, role: str, scope: Scope = Scope.SUPPLIER
) -> tuple[User, Actor]:
    user = await make_user(database)
    await join(database, user.id, merchant_id, role)
    token = await open_session(database, user.id)
    async with database.engine_transaction(SYSTEM) as session:
        code = await session.scalar(
            text("select code from merchants where id = :id"), {"id": merchant_id}
        )
    actor, _ = await actor_for(token, Workspace(scope, code) if code else Workspace(scope))
    return user, actor


async def _role(database: Database, code: str) -> UUID:
    async with database.engine_transaction(SYSTEM) as session:
        found = await session.scalar(
            text("select id from roles where code = :code and is_built_in"), {"code": code}
        )
    assert found
    return found


async def test_an_invited_stranger_gets_a_login_and_the_role(database: Database) -> None:
    merchant = await make_merchant(database)
    _, owner = await _member(database, merchant.id, "owner")
    wish = invitations.Invite(email="New@Test.Example", role_id=await _role(database, "analyst"))
    await invitations.invite(owner, wish)
    (mail,) = await sent_mails(database)
    assert mail["To"] == "new@test.example"
    token = token_in(mail)
    shown = await invitations.look_at(token)
    assert (shown.email, shown.merchant_name, shown.has_login) == (
        "new@test.example",
        merchant.name,
        False,
    )
    fresh = await invitations.accept_as_new(token, "新人", NEW_PASSWORD, "zh_CN", HERE)
    actor, _ = await actor_for(fresh, Workspace("supplier", merchant.code))
    assert actor.permissions == {
        "supplier:dashboard:read",
        "supplier:analytics:read",
        "supplier:analytics:write",
    }
    with pytest.raises(LinkExpired):
        await invitations.accept_as_new(token, "新人", NEW_PASSWORD, "zh_CN", HERE)


async def test_an_invitation_is_for_its_address_alone(database: Database) -> None:
    merchant = await make_merchant(database)
    invited, thief = await make_user(database), await make_user(database)
    _, owner = await _member(database, merchant.id, "owner")
    role = await _role(database, "analyst")
    await invitations.invite(owner, invitations.Invite(email=invited.email, role_id=role))
    token = token_in((await sent_mails(database))[0])
    stranger, _, _ = await account_of(database, thief)
    with pytest.raises(invitations.OthersInvitation):
        await invitations.accept(stranger, token)
    # The thief's attempt has not spent it.
    actor, _, session = await account_of(database, invited)
    await invitations.accept(actor, token)
    await actor_for(session, Workspace("supplier", merchant.code))


async def test_an_invitation_dies_with_the_inviters_right(database: Database) -> None:
    merchant = await make_merchant(database)
    await _member(database, merchant.id, "owner")
    second, inviter = await _member(database, merchant.id, "owner")
    guest = await make_user(database)
    role = await _role(database, "owner")
    await invitations.invite(inviter, invitations.Invite(email=guest.email, role_id=role))
    token = token_in((await sent_mails(database))[0])
    await staff.remove(inviter, second.id)
    actor, _, session = await account_of(database, guest)
    with pytest.raises(LinkExpired):
        await invitations.accept(actor, token)
    assert (await signed_in(session)).workspaces == ()


async def test_an_invitation_can_be_taken_back_by_its_own_workspace(database: Database) -> None:
    mine, theirs = await make_merchant(database), await make_merchant(database)
    _, owner = await _member(database, mine.id, "owner")
    _, stranger = await _member(database, theirs.id, "owner")
    guest = await make_user(database)
    role = await _role(database, "analyst")
    await invitations.invite(owner, invitations.Invite(email=guest.email, role_id=role))
    token = token_in((await sent_mails(database))[0])
    (row,) = await invitations.list_open(owner)
    assert (row.email, row.role_name) == (guest.email, "Analyst")
    assert await invitations.list_open(stranger) == []
    with pytest.raises(NotFound):
        await invitations.cancel(stranger, row.id)
    await invitations.cancel(owner, row.id)
    assert await invitations.list_open(owner) == []
    with pytest.raises(LinkExpired):
        await invitations.look_at(token)


async def test_nobody_gives_what_they_do_not_hold(database: Database) -> None:
    merchant = await make_merchant(database)
    boss, owner = await _member(database, merchant.id, "owner")
    held = frozenset({"supplier:staff:write", "supplier:roles:write", "supplier:orders:read"})
    clerks = await role_sets.create(owner, role_sets.RoleDraft(name="文员", permissions=held))
    clerk = await make_user(database)
    await invitations.invite(owner, invitations.Invite(email=clerk.email, role_id=clerks))
    actor, _, session = await account_of(database, clerk)
    await invitations.accept(actor, token_in((await sent_mails(database))[0]))
    clerk_actor, _ = await actor_for(session, Workspace("supplier", merchant.code))
    owners = await _role(database, "owner")
    more = held | {"supplier:costs:read"}
    for attempt in (
        invitations.invite(clerk_actor, invitations.Invite(email="x@test.example", role_id=owners)),
        staff.change_role(clerk_actor, clerk.id, owners),
        staff.change_role(clerk_actor, boss.id, clerks),
        staff.remove(clerk_actor, boss.id),
        role_sets.create(clerk_actor, role_sets.RoleDraft(name="更多", permissions=more)),
        role_sets.change(clerk_actor, clerks, role_sets.RoleDraft(name="文员", permissions=more)),
        api_keys.create(
            Actor(
                Scope.SUPPLIER,
                clerk.id,
                merchant.id,
                permissions=held | {"supplier:settings:write"},
            ),
            api_keys.KeyDraft(name="k", permissions=frozenset({"supplier:costs:read"})),
        ),
    ):
        with pytest.raises(NotYours):
            await attempt
    with pytest.raises(Invalid):
        await role_sets.create(
            owner, role_sets.RoleDraft(name="假", permissions=frozenset({"supplier:made:up"}))
        )
    with pytest.raises(NotYours):
        await role_sets.create(
            owner,
            role_sets.RoleDraft(name="平台", permissions=frozenset({"platform:orders:write"})),
        )
    # Reading is part of writing, so this much they may give.
    reader = role_sets.RoleDraft(name="看", permissions=frozenset({"supplier:staff:read"}))
    await role_sets.create(clerk_actor, reader)


async def test_without_the_right_over_staff_nothing_goes(database: Database) -> None:
    merchant = await make_merchant(database)
    owner_user, owner = await _member(database, merchant.id, "owner")
    own = await role_sets.create(
        owner, role_sets.RoleDraft(name="看", permissions=frozenset({"supplier:orders:read"}))
    )
    _, packer = await _member(database, merchant.id, "fulfilment")
    role = await _role(database, "analyst")
    draft = role_sets.RoleDraft(name="x", permissions=frozenset({"supplier:orders:read"}))
    for attempt in (
        invitations.invite(packer, invitations.Invite(email="x@test.example", role_id=role)),
        staff.change_role(packer, owner_user.id, role),
        staff.remove(packer, owner_user.id),
        role_sets.create(packer, draft),
        role_sets.change(packer, own, draft),
        role_sets.delete(packer, own),
        api_keys.create(packer, api_keys.KeyDraft(name="k", permissions=draft.permissions)),
        api_keys.list_keys(packer),
    ):
        with pytest.raises(Forbidden):
            await attempt


async def test_the_last_owner_stays(database: Database) -> None:
    merchant = await make_merchant(database)
    first, owner = await _member(database, merchant.id, "owner")
    analyst = await _role(database, "analyst")
    for attempt in (
        staff.remove(owner, first.id),
        staff.change_role(owner, first.id, analyst),
    ):
        with pytest.raises(staff.LastOwner):
            await attempt
    second, other = await _member(database, merchant.id, "owner")
    answers = await asyncio.gather(
        staff.remove(owner, second.id), staff.remove(other, first.id), return_exceptions=True
    )
    assert sorted(answer is None for answer in answers) == [False, True]


async def test_the_platforms_last_owner_stays_too(database: Database) -> None:
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(text("delete from memberships where merchant_id is null"))
    boss, owner = await _member(database, None, "platform_owner", Scope.PLATFORM)
    with pytest.raises(staff.LastOwner):
        await staff.remove(owner, boss.id)
    helper, _ = await _member(database, None, "platform_analyst", Scope.PLATFORM)
    await staff.change_role(owner, helper.id, await _role(database, "platform_finance"))
    await staff.remove(owner, helper.id)


async def test_another_companys_people_and_roles_are_not_found(database: Database) -> None:
    mine, theirs = await make_merchant(database), await make_merchant(database)
    _, owner = await _member(database, mine.id, "owner")
    their_user, their_owner = await _member(database, theirs.id, "owner")
    draft = role_sets.RoleDraft(name="看", permissions=frozenset({"supplier:orders:read"}))
    their_role = await role_sets.create(their_owner, draft)
    platform_role, guest = await _role(database, "platform_owner"), "y@test.example"
    for attempt in (
        staff.remove(owner, their_user.id),
        staff.change_role(owner, their_user.id, await _role(database, "analyst")),
        invitations.invite(owner, invitations.Invite(email=guest, role_id=their_role)),
        invitations.invite(owner, invitations.Invite(email=guest, role_id=platform_role)),
        role_sets.change(owner, their_role, draft),
        role_sets.delete(owner, their_role),
    ):
        with pytest.raises(NotFound):
            await attempt


async def test_built_in_roles_do_not_change(database: Database) -> None:
    merchant = await make_merchant(database)
    _, owner = await _member(database, merchant.id, "owner")
    draft = role_sets.RoleDraft(name="x", permissions=frozenset({"supplier:orders:read"}))
    role = await _role(database, "analyst")
    for attempt in (role_sets.change(owner, role, draft), role_sets.delete(owner, role)):
        with pytest.raises(Forbidden):
            await attempt


async def test_a_role_in_use_goes_only_with_a_replacement(database: Database) -> None:
    merchant = await make_merchant(database)
    _, owner = await _member(database, merchant.id, "owner")
    draft = role_sets.RoleDraft(name="看单", permissions=frozenset({"supplier:orders:read"}))
    role = await role_sets.create(owner, draft)
    with pytest.raises(Invalid):
        await role_sets.create(owner, draft)
    member, _ = await _member(database, merchant.id, "analyst")
    await staff.change_role(owner, member.id, role)
    token = await open_session(database, member.id)
    place = Workspace("supplier", merchant.code)
    assert (await actor_for(token, place))[0].permissions == {"supplier:orders:read"}
    with pytest.raises(role_sets.RoleInUse):
        await role_sets.delete(owner, role)
    await role_sets.delete(owner, role, await _role(database, "fulfilment"))
    actor, _ = await actor_for(token, place)
    assert actor.may("supplier:stock:write")


# Keys


async def test_a_key_acts_for_its_merchant_until_it_is_revoked(database: Database) -> None:
    merchant = await make_merchant(database)
    _, owner = await _member(database, merchant.id, "owner")
    permissions = frozenset({"supplier:stock:write"})
    key = await api_keys.create(owner, api_keys.KeyDraft(name="ERP", permissions=permissions))
    actor = await api_keys.actor_of_key(key)
    assert (actor.scope, actor.merchant_id, actor.permissions) == (
        Scope.SUPPLIER,
        merchant.id,
        permissions,
    )
    (row,) = await api_keys.list_keys(owner)
    assert key.startswith(row.prefix)
    assert row.last_used_at is not None
    for wrong in (row.prefix, key[:-1], "", key.upper()):
        with pytest.raises(NotSignedIn):
            await api_keys.actor_of_key(wrong)
    await api_keys.revoke(owner, row.id)
    with pytest.raises(NotSignedIn):
        await api_keys.actor_of_key(key)
    with pytest.raises(Invalid):
        await api_keys.create(
            owner,
            api_keys.KeyDraft(name="x", permissions=frozenset({"distributor:orders:read"})),
        )

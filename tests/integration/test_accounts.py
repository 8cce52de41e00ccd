"""Accounts: what guessing, stealing, replaying and overreaching get."""

import asyncio
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pyotp.totp import TOTP
from sqlalchemy import text

from app.access import SYSTEM, Actor, Scope
from app.kit.clock import frozen, now
from app.kit.db import Database
from app.kit.errors import Forbidden, Invalid, NotFound, NotSignedIn, TooMany
from app.kit.sealed import Unreadable, seal, unseal
from app.kit.settings import settings
from app.routes import Workspace
from app.services import accounts, api_keys, guards, logins, mails, role_sets, second_factor, staff
from app.services.accounts import NewUser
from app.services.first_operator import set_up, token_file
from app.services.grants import NotYours
from app.services.merchants import Application
from app.services.one_time import LinkExpired
from app.services.sessions import Client, actor_for, signed_in
from models.identity import User
from tests.integration.people import PASSWORD, join, make_merchant, make_user, open_session

HERE = Client("192.0.2.1", "Firefox")
NEW_PASSWORD = "a different long sentence"


@pytest.fixture(autouse=True)
async def empty_queue(database: Database) -> None:
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(text("delete from procrastinate_jobs"))


@pytest.fixture(autouse=True)
def fresh_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TONGSHANG_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    guards.forget_all()
    yield
    monkeypatch.undo()
    settings.cache_clear()


async def _jobs(database: Database, task: str) -> list[dict[str, Any]]:
    """Take the waiting jobs of a task out of the queue."""
    async with database.engine_transaction(SYSTEM) as session:
        found = await session.scalars(
            text("delete from procrastinate_jobs where task_name = :task returning args"),
            {"task": f"tongshang:{task}"},
        )
        return list(found)


async def _mails(database: Database) -> list[Any]:
    """Do the worker's part; return the messages in the outbox."""
    for job in await _jobs(database, "mail_reset_link"):
        await accounts.mail_reset_link(**job)
    for job in await _jobs(database, "send_mail"):
        await mails.send_sealed(**job)
    files = sorted((settings().data_dir / "outbox").glob("*.eml"))
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]


def _token_in(mail: Any) -> str:
    found = re.search(r"token=(\S+)", mail.get_content())
    assert found
    return found[1]


async def _account(database: Database, user: User) -> tuple[Actor, UUID, str]:
    token = (await logins.log_in(user.email, PASSWORD, HERE)).token
    actor, entered = await actor_for(token, Workspace("account"))
    return actor, entered.session_id, token


# Signing in


async def test_a_right_password_signs_in_and_never_under_a_given_token(database: Database) -> None:
    user = await make_user(database)
    first = await logins.log_in(f" {user.email.upper()} ", PASSWORD, HERE)
    second = await logins.log_in(user.email, PASSWORD, HERE)
    assert first.token != second.token
    assert (await signed_in(first.token)).user_id == user.id


async def test_an_unknown_address_gets_the_answer_of_a_wrong_password(database: Database) -> None:
    user = await make_user(database)
    disabled = await make_user(database)
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(
            text("update users set disabled_at = now() where id = :id"), {"id": disabled.id}
        )
    answers = set()
    for email, password in (
        (user.email, "wrong password"),
        ("nobody@test.example", "wrong password"),
        (disabled.email, PASSWORD),
    ):
        with pytest.raises(logins.WrongLogin) as refused:
            await logins.log_in(email, password, HERE)
        answers.add((type(refused.value), str(refused.value)))
    assert len(answers) == 1


async def test_guessing_pauses_the_account_longer_each_time(database: Database) -> None:
    user = await make_user(database)

    async def guess(password: str = "wrong password") -> None:
        with pytest.raises(logins.WrongLogin):
            await logins.log_in(user.email, password, HERE)

    for _ in range(logins.FREE_FAILURES):
        await guess()
    await guess(PASSWORD)
    after_first = now() + logins.FIRST_PAUSE + timedelta(seconds=1)
    with frozen(after_first):
        await guess()
    with frozen(after_first + logins.FIRST_PAUSE + timedelta(seconds=1)):
        await guess(PASSWORD)
    with frozen(after_first + 2 * logins.FIRST_PAUSE + timedelta(seconds=1)):
        await logins.log_in(user.email, PASSWORD, HERE)
        # The right password has wiped the slate clean.
        await guess()
        await logins.log_in(user.email, PASSWORD, HERE)


async def test_attempts_are_limited_for_known_and_unknown_accounts_alike(
    database: Database,
) -> None:
    user = await make_user(database)
    for email in (user.email, "nobody@test.example"):
        tries = [
            await asyncio.gather(
                logins.log_in(email, "wrong password", HERE), return_exceptions=True
            )
            for _ in range(guards.LOGIN_PER_ACCOUNT.amount + 1)
        ]
        kinds = [type(answers[0]) for answers in tries]
        assert kinds == [logins.WrongLogin] * guards.LOGIN_PER_ACCOUNT.amount + [TooMany]


async def test_one_address_cannot_try_many_accounts(database: Database) -> None:
    del database
    for number in range(guards.LOGIN_PER_ADDRESS.amount):
        await guards.allow(guards.LOGIN_PER_ADDRESS, HERE.ip)
        assert number >= 0
    with pytest.raises(TooMany):
        await logins.log_in("fresh@test.example", "whatever it is", HERE)
    with pytest.raises(logins.WrongLogin):
        await logins.log_in("fresh@test.example", "whatever it is", Client("192.0.2.2"))


# Sessions


async def test_revoking_a_session_ends_it_at_once_and_only_ones_own(database: Database) -> None:
    user, stranger = await make_user(database), await make_user(database)
    actor, _, _ = await _account(database, user)
    other = (await logins.log_in(user.email, PASSWORD, Client("192.0.2.9", "Safari"))).token
    intruder, _, _ = await _account(database, stranger)
    listed = {row.user_agent: row.id for row in await logins.list_sessions(actor)}
    assert set(listed) == {"Firefox", "Safari"}
    with pytest.raises(NotFound):
        await logins.revoke_session(intruder, listed["Safari"])
    await signed_in(other)
    await logins.revoke_session(actor, listed["Safari"])
    with pytest.raises(NotSignedIn):
        await signed_in(other)
    assert [row.user_agent for row in await logins.list_sessions(actor)] == ["Firefox"]


async def test_logging_out_here_and_everywhere(database: Database) -> None:
    user = await make_user(database)
    actor, _, here = await _account(database, user)
    there = (await logins.log_in(user.email, PASSWORD, HERE)).token
    await logins.log_out(here)
    with pytest.raises(NotSignedIn):
        await signed_in(here)
    await signed_in(there)
    assert await logins.log_out_everywhere(actor) == 1
    with pytest.raises(NotSignedIn):
        await signed_in(there)


# Passwords


async def test_changing_the_password_ends_the_other_sessions(database: Database) -> None:
    user = await make_user(database)
    actor, session_id, here = await _account(database, user)
    there = (await logins.log_in(user.email, PASSWORD, HERE)).token
    with pytest.raises(Invalid):
        await accounts.change_password(actor, session_id, "not it", NEW_PASSWORD)
    await signed_in(there)
    await accounts.change_password(actor, session_id, PASSWORD, NEW_PASSWORD)
    await signed_in(here)
    with pytest.raises(NotSignedIn):
        await signed_in(there)
    with pytest.raises(logins.WrongLogin):
        await logins.log_in(user.email, PASSWORD, HERE)
    await logins.log_in(user.email, NEW_PASSWORD, HERE)
    assert [mail["To"] for mail in await _mails(database)] == [user.email]


@pytest.mark.parametrize("weak", ["short", "aaaaaaaaaaaa", "first.last@test.example"])
async def test_passwords_that_are_guessed_soon_are_refused(weak: str) -> None:
    with pytest.raises(Invalid) as refused:
        accounts.check_password(weak, "first.last@test.example")
    assert set(refused.value.fields) == {"password"}


async def test_a_reset_link_works_once(database: Database) -> None:
    user = await make_user(database)
    _, _, here = await _account(database, user)
    await accounts.forgot(user.email, HERE)
    (mail,) = await _mails(database)
    token = _token_in(mail)
    await accounts.reset(token, NEW_PASSWORD, HERE)
    with pytest.raises(NotSignedIn):
        await signed_in(here)
    await logins.log_in(user.email, NEW_PASSWORD, HERE)
    with pytest.raises(LinkExpired):
        await accounts.reset(token, "yet another sentence", HERE)


async def test_of_two_who_use_a_reset_link_at_once_one_wins(database: Database) -> None:
    user = await make_user(database)
    await accounts.forgot(user.email, HERE)
    token = _token_in((await _mails(database))[0])
    answers = await asyncio.gather(
        *(accounts.reset(token, f"{NEW_PASSWORD} {n}", HERE) for n in range(3)),
        return_exceptions=True,
    )
    assert sorted(type(answer).__name__ for answer in answers) == [
        "LinkExpired",
        "LinkExpired",
        "NoneType",
    ]


async def test_a_reset_link_is_void_after_half_an_hour_or_a_newer_one(database: Database) -> None:
    user = await make_user(database)
    await accounts.forgot(user.email, HERE)
    await _mails(database)
    await accounts.forgot(user.email, HERE)
    old, new = (_token_in(mail) for mail in await _mails(database))
    with pytest.raises(LinkExpired):
        await accounts.reset(old, NEW_PASSWORD, HERE)
    with frozen(now() + timedelta(minutes=31)), pytest.raises(LinkExpired):
        await accounts.reset(new, NEW_PASSWORD, HERE)
    await accounts.reset(new, NEW_PASSWORD, HERE)


async def test_asking_for_a_link_tells_nobody_who_has_a_login(database: Database) -> None:
    """Known or not: one job with a sealed address, so the same work and the same answer."""
    user = await make_user(database)
    for email in (user.email, "nobody@test.example"):
        await accounts.forgot(email, HERE)
        (job,) = await _jobs(database, "mail_reset_link")
        assert email not in json.dumps(job)
        await accounts.mail_reset_link(**job)
    assert [mail["To"] for mail in await _mails(database)] == [user.email]


async def test_waiting_mail_holds_no_link_in_the_clear(database: Database) -> None:
    user = await make_user(database)
    await accounts.forgot(user.email, HERE)
    for job in await _jobs(database, "mail_reset_link"):
        await accounts.mail_reset_link(**job)
    (job,) = await _jobs(database, "send_mail")
    assert "token=" not in json.dumps(job)
    await mails.send_sealed(**job)
    (file,) = (settings().data_dir / "outbox").glob("*.eml")
    assert file.stat().st_mode & 0o077 == 0
    async with database.engine_transaction(SYSTEM) as session:
        kept = await session.scalars(text("select token_hash from one_time_tokens"))
        assert _token_in((await _mails(database))[0]) not in set(kept)


# The second factor


async def _enrol(database: Database, user: User) -> tuple[TOTP, list[str], str]:
    actor, session_id, token = await _account(database, user)
    totp = TOTP((await second_factor.begin(actor, user.email)).secret)
    codes = await second_factor.confirm(actor, session_id, totp.at(now()))
    return totp, codes, token


async def test_a_code_opens_the_second_step_once(database: Database) -> None:
    user = await make_user(database)
    totp, _, token = await _enrol(database, user)
    assert (await signed_in(token)).totp_enabled
    later = now() + timedelta(seconds=60)
    with frozen(later):
        code = totp.at(later)
        first = await logins.log_in(user.email, PASSWORD, HERE)
        assert first.second_factor_due
        with pytest.raises(NotSignedIn):
            await signed_in(first.token)
        done = await logins.pass_second_factor(first.token, code, HERE)
        # The token of the first step is worth nothing any more.
        assert done.token != first.token
        assert (await signed_in(done.token)).user_id == user.id
        with pytest.raises(NotSignedIn):
            await logins.pass_second_factor(first.token, code, HERE)
        again = await logins.log_in(user.email, PASSWORD, HERE)
        with pytest.raises(logins.WrongCode):
            await logins.pass_second_factor(again.token, code, HERE)


async def test_the_code_that_confirmed_cannot_sign_in(database: Database) -> None:
    user = await make_user(database)
    moment = now()
    with frozen(moment):
        totp, _, _ = await _enrol(database, user)
        due = await logins.log_in(user.email, PASSWORD, HERE)
        with pytest.raises(logins.WrongCode):
            await logins.pass_second_factor(due.token, totp.at(moment), HERE)


async def test_of_two_who_use_a_code_at_once_one_wins(database: Database) -> None:
    user = await make_user(database)
    totp, _, _ = await _enrol(database, user)
    later = now() + timedelta(seconds=60)
    with frozen(later):
        due = [await logins.log_in(user.email, PASSWORD, HERE) for _ in range(3)]
        answers = await asyncio.gather(
            *(logins.pass_second_factor(one.token, totp.at(later), HERE) for one in due),
            return_exceptions=True,
        )
    assert sum(isinstance(answer, logins.LoggedIn) for answer in answers) == 1


async def test_a_recovery_code_works_once_in_any_spelling(database: Database) -> None:
    user = await make_user(database)
    _, codes, _ = await _enrol(database, user)
    assert len(set(codes)) == second_factor.RECOVERY_CODES
    due = await logins.log_in(user.email, PASSWORD, HERE)
    await logins.pass_second_factor(due.token, codes[0].upper().replace("-", " "), HERE)
    due = await logins.log_in(user.email, PASSWORD, HERE)
    with pytest.raises(logins.WrongCode):
        await logins.pass_second_factor(due.token, codes[0], HERE)


async def test_guessing_codes_pauses_the_account(database: Database) -> None:
    user = await make_user(database)
    totp, _, _ = await _enrol(database, user)
    due = await logins.log_in(user.email, PASSWORD, HERE)
    for _ in range(logins.FREE_FAILURES):
        with pytest.raises(logins.WrongCode):
            await logins.pass_second_factor(due.token, "000000", HERE)
    later = now() + timedelta(seconds=5)
    with frozen(later), pytest.raises(TooMany):
        await logins.pass_second_factor(due.token, totp.at(later), HERE)
    with pytest.raises(logins.WrongLogin):
        await logins.log_in(user.email, PASSWORD, HERE)


async def test_turning_it_on_asks_the_other_sessions(database: Database) -> None:
    user = await make_user(database)
    there = (await logins.log_in(user.email, PASSWORD, HERE)).token
    await _enrol(database, user)
    with pytest.raises(NotSignedIn):
        await signed_in(there)


async def test_turning_it_off_needs_the_password(database: Database) -> None:
    user = await make_user(database)
    _, _, token = await _enrol(database, user)
    actor, _ = await actor_for(token, Workspace("account"))
    for refused in (second_factor.disable, second_factor.renew_codes):
        with pytest.raises(Invalid):
            await refused(actor, "not it")
    await second_factor.disable(actor, PASSWORD)
    assert not (await logins.log_in(user.email, PASSWORD, HERE)).second_factor_due


async def test_secrets_are_sealed_for_their_purpose_and_owner(database: Database) -> None:
    user = await make_user(database)
    totp, _, _ = await _enrol(database, user)
    async with database.engine_transaction(SYSTEM) as session:
        kept = await session.scalar(
            text("select totp_secret from user_secrets where user_id = :id"), {"id": user.id}
        )
    assert totp.secret.encode() not in kept
    sealed = seal("one", b"plain", b"owner")
    assert unseal("one", sealed, b"owner") == b"plain"
    for purpose, owner, data in (
        ("two", b"owner", sealed),
        ("one", b"other", sealed),
        ("one", b"owner", sealed[:-1] + bytes([sealed[-1] ^ 1])),
        ("one", b"owner", b""),
    ):
        with pytest.raises(Unreadable):
            unseal(purpose, data, owner)


# Registering


async def test_registering_with_an_application_waits_for_approval(database: Database) -> None:
    await make_user(database)  # The built-in roles come with anybody who joins.
    merchant = await make_merchant(database)
    await join(database, (await make_user(database)).id, merchant.id)
    wish = NewUser(name="何光", email="He@Test.Example", password=NEW_PASSWORD)
    application = Application(name="何光茶厂", code="heguang-tea", is_supplier=True)
    token = await accounts.register(wish, HERE, application)
    found = await signed_in(token)
    assert found.email == "he@test.example"
    assert [(w.merchant_code, w.status) for w in found.workspaces] == [("heguang-tea", "PENDING")]
    with pytest.raises(Invalid) as refused:
        await accounts.register(wish, HERE)
    assert set(refused.value.fields) == {"email"}
    other = NewUser(name="何光", email="other@test.example", password=NEW_PASSWORD)
    with pytest.raises(Invalid):
        await accounts.register(other, HERE, application)
    # A code that is taken leaves no half of a registration behind.
    with pytest.raises(logins.WrongLogin):
        await logins.log_in(other.email, NEW_PASSWORD, HERE)


async def test_the_setup_token_makes_one_operator(app_url: str, database: Database) -> None:
    del app_url
    token_file().write_text("the-token")
    wish = NewUser(name="First", email="first@test.example", password=NEW_PASSWORD)
    with pytest.raises(LinkExpired):
        await set_up("not-the-token", wish, HERE)
    # There are users already in this database, so that the right token opens nothing either.
    await make_user(database)
    with pytest.raises(LinkExpired):
        await set_up("the-token", wish, HERE)


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
    wish = staff.Invite(email="New@Test.Example", role_id=await _role(database, "analyst"))
    await staff.invite(owner, wish)
    (mail,) = await _mails(database)
    assert mail["To"] == "new@test.example"
    token = _token_in(mail)
    shown = await staff.look_at_invitation(token)
    assert (shown.email, shown.merchant_name, shown.has_login) == (
        "new@test.example",
        merchant.name,
        False,
    )
    fresh = await staff.accept_as_new(token, "新人", NEW_PASSWORD, "zh_CN", HERE)
    actor, _ = await actor_for(fresh, Workspace("supplier", merchant.code))
    assert actor.permissions == {"supplier:dashboard:read", "supplier:analytics:read"}
    with pytest.raises(LinkExpired):
        await staff.accept_as_new(token, "新人", NEW_PASSWORD, "zh_CN", HERE)


async def test_an_invitation_is_for_its_address_alone(database: Database) -> None:
    merchant = await make_merchant(database)
    invited, thief = await make_user(database), await make_user(database)
    _, owner = await _member(database, merchant.id, "owner")
    role = await _role(database, "analyst")
    await staff.invite(owner, staff.Invite(email=invited.email, role_id=role))
    token = _token_in((await _mails(database))[0])
    stranger, _, _ = await _account(database, thief)
    with pytest.raises(staff.OthersInvitation):
        await staff.accept(stranger, token)
    # The thief's attempt has not spent it.
    actor, _, session = await _account(database, invited)
    await staff.accept(actor, token)
    await actor_for(session, Workspace("supplier", merchant.code))


async def test_an_invitation_dies_with_the_inviters_right(database: Database) -> None:
    merchant = await make_merchant(database)
    await _member(database, merchant.id, "owner")
    second, inviter = await _member(database, merchant.id, "owner")
    guest = await make_user(database)
    role = await _role(database, "owner")
    await staff.invite(inviter, staff.Invite(email=guest.email, role_id=role))
    token = _token_in((await _mails(database))[0])
    await staff.remove(inviter, second.id)
    actor, _, session = await _account(database, guest)
    with pytest.raises(LinkExpired):
        await staff.accept(actor, token)
    assert (await signed_in(session)).workspaces == ()


async def test_nobody_gives_what_they_do_not_hold(database: Database) -> None:
    merchant = await make_merchant(database)
    boss, owner = await _member(database, merchant.id, "owner")
    held = frozenset({"supplier:staff:write", "supplier:roles:write", "supplier:orders:read"})
    clerks = await role_sets.create(owner, role_sets.RoleDraft(name="文员", permissions=held))
    clerk = await make_user(database)
    await staff.invite(owner, staff.Invite(email=clerk.email, role_id=clerks))
    actor, _, session = await _account(database, clerk)
    await staff.accept(actor, _token_in((await _mails(database))[0]))
    clerk_actor, _ = await actor_for(session, Workspace("supplier", merchant.code))
    owners = await _role(database, "owner")
    more = held | {"supplier:costs:read"}
    for attempt in (
        staff.invite(clerk_actor, staff.Invite(email="x@test.example", role_id=owners)),
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
        staff.invite(packer, staff.Invite(email="x@test.example", role_id=role)),
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
    platform_role = await _role(database, "platform_owner")
    for attempt in (
        staff.remove(owner, their_user.id),
        staff.change_role(owner, their_user.id, await _role(database, "analyst")),
        staff.invite(owner, staff.Invite(email="y@test.example", role_id=their_role)),
        staff.invite(owner, staff.Invite(email="y@test.example", role_id=platform_role)),
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

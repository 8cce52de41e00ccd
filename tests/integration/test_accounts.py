"""Accounts: what guessing, stealing, replaying and overreaching get."""

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pyotp.totp import TOTP
from sqlalchemy import text

from app.access import SYSTEM
from app.kit import rate_limits
from app.kit.clock import frozen, now
from app.kit.db import Database
from app.kit.errors import Invalid, NotFound, NotSignedIn, TooMany
from app.kit.sealed import Unreadable, seal, unseal
from app.kit.settings import settings
from app.routes import Workspace
from app.services import accounts, logins, mails, second_factor
from app.services.accounts import NewUser
from app.services.first_operator import set_up, token_file
from app.services.merchants import Application
from app.services.one_time import LinkExpired
from app.services.sessions import Client, actor_for, signed_in
from models.identity import User
from tests.integration.people import (
    HERE,
    PASSWORD,
    account_of,
    join,
    make_merchant,
    make_user,
    sent_mails,
    token_in,
    waiting_jobs,
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


# Signing in

LOGIN_TRIES = 20
"""So many one account may have within a quarter of an hour."""


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
            for _ in range(LOGIN_TRIES + 1)
        ]
        kinds = [type(answers[0]) for answers in tries]
        assert kinds == [logins.WrongLogin] * LOGIN_TRIES + [TooMany]


async def test_one_address_cannot_try_many_accounts(database: Database) -> None:
    del database
    for _ in range(60):
        await rate_limits.hit("login", address=HERE.ip)
    with pytest.raises(TooMany):
        await logins.log_in("fresh@test.example", "whatever it is", HERE)
    with pytest.raises(logins.WrongLogin):
        await logins.log_in("fresh@test.example", "whatever it is", Client("192.0.2.2"))


# Sessions


async def test_revoking_a_session_ends_it_at_once_and_only_ones_own(database: Database) -> None:
    user, stranger = await make_user(database), await make_user(database)
    actor, _, _ = await account_of(database, user)
    other = (await logins.log_in(user.email, PASSWORD, Client("192.0.2.9", "Safari"))).token
    intruder, _, _ = await account_of(database, stranger)
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
    actor, _, here = await account_of(database, user)
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
    actor, session_id, here = await account_of(database, user)
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
    assert [mail["To"] for mail in await sent_mails(database)] == [user.email]


@pytest.mark.parametrize("weak", ["short", "aaaaaaaaaaaa", "first.last@test.example"])
async def test_passwords_that_are_guessed_soon_are_refused(weak: str) -> None:
    with pytest.raises(Invalid) as refused:
        accounts.check_password(weak, "first.last@test.example")
    assert set(refused.value.fields) == {"password"}


async def test_a_reset_link_works_once(database: Database) -> None:
    user = await make_user(database)
    _, _, here = await account_of(database, user)
    await accounts.forgot(user.email, HERE)
    (mail,) = await sent_mails(database)
    token = token_in(mail)
    await accounts.reset(token, NEW_PASSWORD, HERE)
    with pytest.raises(NotSignedIn):
        await signed_in(here)
    await logins.log_in(user.email, NEW_PASSWORD, HERE)
    with pytest.raises(LinkExpired):
        await accounts.reset(token, "yet another sentence", HERE)


async def test_of_two_who_use_a_reset_link_at_once_one_wins(database: Database) -> None:
    user = await make_user(database)
    await accounts.forgot(user.email, HERE)
    token = token_in((await sent_mails(database))[0])
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
    await sent_mails(database)
    await accounts.forgot(user.email, HERE)
    old, new = (token_in(mail) for mail in await sent_mails(database))
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
        (job,) = await waiting_jobs(database, "mail_reset_link")
        assert email not in json.dumps(job)
        await accounts.mail_reset_link(**job)
    assert [mail["To"] for mail in await sent_mails(database)] == [user.email]


async def test_waiting_mail_holds_no_link_in_the_clear(database: Database) -> None:
    user = await make_user(database)
    await accounts.forgot(user.email, HERE)
    for job in await waiting_jobs(database, "mail_reset_link"):
        await accounts.mail_reset_link(**job)
    (job,) = await waiting_jobs(database, "send_mail")
    assert "token=" not in json.dumps(job)
    await mails.send_sealed(**job)
    (file,) = (settings().data_dir / "outbox").glob("*.eml")
    assert file.stat().st_mode & 0o077 == 0
    async with database.engine_transaction(SYSTEM) as session:
        kept = await session.scalars(text("select token_hash from one_time_tokens"))
        assert token_in((await sent_mails(database))[0]) not in set(kept)


# The second factor


async def _enrol(database: Database, user: User) -> tuple[TOTP, list[str], str]:
    actor, session_id, token = await account_of(database, user)
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


async def test_guessing_codes_pauses_theaccount_of(database: Database) -> None:
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

"""Mailed reports: sent once, with what the receiver may see at that moment, to nobody else."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import fastexcel
import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from app.access import PERMISSIONS, SYSTEM, Actor, Scope
from app.adapters import mail
from app.analytics import questions
from app.kit.clock import BUSINESS_ZONE, frozen, now
from app.kit.db import Database
from app.kit.errors import Forbidden, Invalid, NotFound
from app.kit.ids import new_id
from app.kit.settings import settings
from app.services import analyses
from app.services.one_time import LinkExpired
from app.services.reports import leaving, schedules
from app.services.reports.delivering import MOST_ATTEMPTS, forget_old, send_due
from app.services.reports.schedules import ScheduleDraft
from app.services.sharing_roles import roles_to_share_with
from models.analyses import Rhythm, Sharing
from tests.integration.analytics import Trade, open_trade
from tests.integration.people import join, make_user

ALL = frozenset(PERMISSIONS)
SALES = {"measures": "store_sales,paid_orders", "by": "category", "period": "90d"}


@pytest.fixture(scope="module")
async def trade(owner_url: URL, app_url: str) -> AsyncIterator[Trade]:
    async for one in open_trade(owner_url, app_url):
        # Nobody may enter a company that waits for its approval, so none gets a report of it.
        one.owner.execute("update merchants set status = 'ACTIVE'")
        yield one


@pytest.fixture(autouse=True)
def outbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep each test's mails in a folder of its own."""
    monkeypatch.setattr(mail, "mailer", lambda: mail.OutboxMailer(tmp_path))
    monkeypatch.setattr("app.services.reports.delivering.mailer", mail.mailer)
    return tmp_path


def _mails(outbox: Path) -> list[EmailMessage]:
    return [
        message_from_bytes(file.read_bytes(), policy=policy.default)  # type: ignore[arg-type]
        for file in sorted(outbox.glob("*.eml"))
    ]


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


async def _member(
    database: Database, scope: Scope, place: UUID | None, role: str = "owner", locale: str = "en"
) -> Actor:
    """Return a fresh member of a workspace as they act in it."""
    user = await make_user(database)
    await join(database, user.id, place, role)
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(
            text("update users set locale = :locale where id = :id"),
            {"locale": locale, "id": user.id},
        )
    return Actor(scope, user.id, place, permissions=ALL, locale=locale)


def _draft(*receivers: Actor, **changes: Any) -> ScheduleDraft:
    people = frozenset(one.user_id for one in receivers if one.user_id)
    given = {"name": "Weekly figures", "rhythm": Rhythm.DAILY, "hour": 8, "receivers": people,
             "query": {"period": "7d"}}  # fmt: skip
    return ScheduleDraft.model_validate(given | changes)


async def _due(database: Database, schedule_id: UUID, at: datetime | None = None) -> None:
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(
            text("update report_schedules set next_at = :at where id = :id"),
            {"at": at or now() - timedelta(minutes=1), "id": schedule_id},
        )


async def _deliveries(database: Database, schedule_id: UUID) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = {}
    async with database.engine_transaction(SYSTEM) as session:
        rows = await session.execute(
            text(
                "select user_id, status from report_deliveries where schedule_id = :id"
                " order by due_at"
            ),
            {"id": schedule_id},
        )
        for row in rows:
            found.setdefault(row.user_id, []).append(row.status)
    return found


def _user(actor: Actor) -> UUID:
    assert actor.user_id is not None
    return actor.user_id


# What a mail holds -----------------------------------------------------------------------------


async def test_a_report_is_mailed_as_text_html_and_spreadsheet(
    trade: Trade, database: Database, outbox: Path
) -> None:
    owner = await _member(database, Scope.DISTRIBUTOR, trade.distributors[0])
    chinese = await _member(database, Scope.DISTRIBUTOR, trade.distributors[0], locale="zh_CN")
    key = await schedules.create(owner, _draft(owner, chinese, query={"period": "90d"}))
    await _due(database, key)
    assert await send_due() == 2
    english = next(m for m in _mails(outbox) if "Unsubscribe:" in _body(m, "plain"))
    html = _body(english, "html")
    assert "Paid orders" in html
    assert "<script" not in html
    assert "src=" not in html
    assert "url(" not in html
    assert f"{settings().origin}/distributor/" in html
    assert english["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    other = next(m for m in _mails(outbox) if "退订" in _body(m, "plain"))
    assert "付款订单" in _body(other, "html")
    (file,) = english.iter_attachments()
    body = file.get_content()
    names = fastexcel.read_excel(body).sheet_names
    assert names[0] == "About"
    assert len(names) > 5


async def test_a_figure_in_a_mail_is_the_receivers_own(
    trade: Trade, database: Database, outbox: Path
) -> None:
    """Two merchants' mails of the same analysis hold each its own sum, as plain SQL has it."""
    for place in trade.distributors[:2]:
        owner = await _member(database, Scope.DISTRIBUTOR, place)
        saved = await analyses.save(
            owner,
            analyses.AnalysisDraft(name="Sales of the quarter"),
            {"measures": "paid_orders", "period": "90d", "grain": "month"},
        )
        key = await schedules.create(owner, _draft(owner, analysis_id=saved, query={}))
        await _due(database, key)
    await send_due()
    # It is due at an hour of the day, which may not have come today.
    ((due,),) = trade.rows("select max(due_at) from report_deliveries")
    last = (due.astimezone(BUSINESS_ZONE) - timedelta(days=1)).date()
    first = last - timedelta(days=89)
    wanted = {
        trade.one(
            "select count(*) from orders where distributor_id = %(who)s and currency = 'CNY'"
            " and (paid_at at time zone 'Asia/Shanghai')::date between %(first)s and %(last)s",
            who=place,
            first=first,
            last=last,
        )
        for place in trade.distributors[:2]
    }
    found = set[int]()
    for message in _mails(outbox):
        (file,) = message.iter_attachments()
        sheet = fastexcel.read_excel(file.get_content()).load_sheet(1).to_polars()
        found.add(int(sheet.get_column(sheet.columns[1]).sum()))
    assert found == wanted


# Permissions -----------------------------------------------------------------------------------


async def test_who_lost_access_gets_nothing_and_who_left_is_skipped(
    trade: Trade, database: Database, outbox: Path
) -> None:
    place = trade.distributors[0]
    owner = await _member(database, Scope.DISTRIBUTOR, place)
    analyst, packer, gone, disabled = [
        await _member(database, Scope.DISTRIBUTOR, place, role)
        for role in ("analyst", "analyst", "analyst", "analyst")
    ]
    saved = await analyses.save(
        owner, analyses.AnalysisDraft(name="Sales", sharing=Sharing.OWN), SALES
    )
    key = await schedules.create(owner, _draft(analyst, packer, gone, disabled, analysis_id=saved))
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(
            text(
                "update memberships set role_id = (select id from roles where code = 'fulfilment'"
                " and is_built_in) where user_id = :user"
            ),
            {"user": packer.user_id},
        )
        await session.execute(
            text("delete from memberships where user_id = :user"), {"user": gone.user_id}
        )
        await session.execute(
            text("update users set disabled_at = now() where id = :user"),
            {"user": disabled.user_id},
        )
    await _due(database, key)
    assert await send_due() == 1
    assert await _deliveries(database, key) == {
        _user(analyst): ["SENT"],
        _user(packer): ["NO_ACCESS"],
        _user(gone): ["LEFT"],
        _user(disabled): ["LEFT"],
    }
    (message,) = _mails(outbox)
    assert message["To"].endswith("@test.example")
    async with database.engine_transaction(SYSTEM) as session:
        address = await session.scalar(
            text("select email from users where id = :user"), {"user": analyst.user_id}
        )
    assert message["To"] == address


async def test_a_receiver_sees_no_measure_that_they_may_not_open(
    trade: Trade, database: Database, outbox: Path
) -> None:
    place = trade.distributors[0]
    owner = await _member(database, Scope.DISTRIBUTOR, place)
    role = new_id()
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(
            text(
                "insert into roles (id, merchant_id, code, name, is_platform, is_built_in)"
                " values (:id, :place, :code, 'Shop', false, false)"
            ),
            {"id": role, "place": place, "code": f"own-{role.hex[-12:]}"},
        )
        for permission in ("dashboard:read", "store:read"):
            await session.execute(
                text(
                    "insert into role_permissions (role_id, permission, merchant_id)"
                    " values (:role, :permission, :place)"
                ),
                {"role": role, "permission": f"distributor:{permission}", "place": place},
            )
    shopkeeper = await _member(database, Scope.DISTRIBUTOR, place)
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(
            text("update memberships set role_id = :role where user_id = :user"),
            {"role": role, "user": shopkeeper.user_id},
        )
    key = await schedules.create(owner, _draft(shopkeeper, query={"period": "30d"}))
    await _due(database, key)
    assert await send_due() == 1
    (message,) = _mails(outbox)
    (file,) = message.iter_attachments()
    everything = (
        _body(message, "html")
        + _body(message, "plain")
        + " ".join(fastexcel.read_excel(file.get_content()).sheet_names)
    )
    assert "Visitors" in everything
    for secret in ("Margin", "Refunds", "Paid orders", "Balance", "¥"):
        assert secret not in everything


async def test_a_suspended_merchants_people_may_still_read(
    trade: Trade, database: Database, outbox: Path
) -> None:
    place = trade.suppliers[0]
    owner = await _member(database, Scope.SUPPLIER, place)
    key = await schedules.create(owner, _draft(owner))
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(
            text("update merchants set status = 'REJECTED' where id = :id"), {"id": place}
        )
    await _due(database, key)
    await send_due()
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(
            text("update merchants set status = 'SUSPENDED' where id = :id"), {"id": place}
        )
    await _due(database, key, now() - timedelta(days=1))
    assert await schedules.send_now(owner, [key]) == 1
    await send_due()
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(
            text("update merchants set status = 'ACTIVE' where id = :id"), {"id": place}
        )
    assert await _deliveries(database, key) == {_user(owner): ["NO_ACCESS", "SENT"]}
    assert len(_mails(outbox)) == 1


async def test_an_analysis_that_is_shared_no_more_is_not_mailed(
    trade: Trade, database: Database, outbox: Path
) -> None:
    place = trade.distributors[0]
    author = await _member(database, Scope.DISTRIBUTOR, place)
    colleague = await _member(database, Scope.DISTRIBUTOR, place)
    shared = analyses.AnalysisDraft(name="Sales", sharing=Sharing.ALL)
    saved = await analyses.save(author, shared, SALES)
    key = await schedules.create(colleague, _draft(colleague, analysis_id=saved))
    await analyses.change(author, saved, analyses.AnalysisDraft(name="Sales"))
    await _due(database, key)
    assert await send_due() == 0
    assert await _deliveries(database, key) == {_user(colleague): ["FAILED"]}
    assert _mails(outbox) == []


# Once ------------------------------------------------------------------------------------------


async def test_two_workers_send_each_report_once(
    trade: Trade, database: Database, outbox: Path
) -> None:
    place = trade.distributors[0]
    people = [await _member(database, Scope.DISTRIBUTOR, place) for _ in range(3)]
    keys = [await schedules.create(people[0], _draft(*people)) for _ in range(2)]
    for key in keys:
        await _due(database, key)
    sent = await asyncio.gather(*(send_due() for _ in range(4)))
    assert sum(sent) == 6
    assert len(_mails(outbox)) == 6
    for key in keys:
        found = await _deliveries(database, key)
        assert found == {_user(one): ["SENT"] for one in people}
    assert await send_due() == 0


async def test_what_was_missed_comes_once_and_the_next_is_in_the_future(
    trade: Trade, database: Database, outbox: Path
) -> None:
    owner = await _member(database, Scope.DISTRIBUTOR, trade.distributors[0])
    key = await schedules.create(owner, _draft(owner, hour=8))
    await _due(database, key, now() - timedelta(days=9))
    assert await send_due() == 1
    assert len(_mails(outbox)) == 1
    async with database.engine_transaction(SYSTEM) as session:
        due, following = (
            await session.execute(
                text(
                    "select d.due_at, s.next_at from report_deliveries d join report_schedules s"
                    " on s.id = d.schedule_id where s.id = :id"
                ),
                {"id": key},
            )
        ).one()
    assert due <= now() < following
    assert following - due == timedelta(days=1)
    assert due.astimezone(BUSINESS_ZONE).hour == 8


async def test_a_paused_report_waits_and_asking_twice_sends_once(
    trade: Trade, database: Database, outbox: Path
) -> None:
    owner = await _member(database, Scope.DISTRIBUTOR, trade.distributors[0])
    key = await schedules.create(owner, _draft(owner))
    assert await schedules.pause(owner, [key]) == 1
    await _due(database, key)
    assert await send_due() == 0
    with frozen(now()):
        assert await schedules.send_now(owner, [key]) == 1
        assert await schedules.send_now(owner, [key]) == 0
        assert await send_due() == 1
    assert await schedules.resume(owner, [key]) == 1
    assert await send_due() == 0
    assert len(_mails(outbox)) == 1


class Refusing:
    """A mail server that is down."""

    async def send(self, mail: mail.Mail) -> None:
        raise ConnectionRefusedError(mail.to)


async def test_a_mail_server_that_is_down_is_asked_again_for_hours(
    trade: Trade, database: Database, outbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await _member(database, Scope.DISTRIBUTOR, trade.distributors[0])
    key = await schedules.create(owner, _draft(owner))
    await _due(database, key)
    at = now()
    monkeypatch.setattr("app.services.reports.delivering.mailer", Refusing)
    with frozen(at):
        assert await send_due() == 0
        assert await _deliveries(database, key) == {_user(owner): ["WAITING"]}
    await schedules.pause(owner, [key])
    monkeypatch.undo()
    monkeypatch.setattr("app.services.reports.delivering.mailer", lambda: mail.OutboxMailer(outbox))
    with frozen(at + timedelta(minutes=6)):
        assert await send_due() == 1
    assert await _deliveries(database, key) == {_user(owner): ["SENT"]}


async def test_in_the_end_a_report_that_cannot_be_sent_says_so(
    trade: Trade, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await _member(database, Scope.DISTRIBUTOR, trade.distributors[0])
    key = await schedules.create(owner, _draft(owner))
    await _due(database, key)
    monkeypatch.setattr("app.services.reports.delivering.mailer", Refusing)
    at = now()
    for tries in range(MOST_ATTEMPTS + 2):
        with frozen(at + timedelta(hours=4 * tries)):
            await send_due()
            await schedules.pause(owner, [key])
    assert await _deliveries(database, key) == {_user(owner): ["FAILED"]}
    async with database.engine_transaction(SYSTEM) as session:
        fault = await session.scalar(
            text("select fault from report_deliveries where schedule_id = :id"), {"id": key}
        )
    assert fault == "The mail server rejected it."
    with frozen(at + timedelta(days=400)):
        assert await forget_old() >= 1
    assert await _deliveries(database, key) == {}


# Leaving ---------------------------------------------------------------------------------------


async def test_a_signed_link_ends_one_subscription_and_takes_it_up_again(
    trade: Trade, database: Database, outbox: Path
) -> None:
    place = trade.distributors[0]
    owner = await _member(database, Scope.DISTRIBUTOR, place)
    other = await _member(database, Scope.DISTRIBUTOR, place)
    key = await schedules.create(owner, _draft(owner, other))
    token = leaving.token_for(key, _user(owner))
    assert (await leaving.look_at(token)).is_on
    await leaving.set_subscription(token, is_on=False)
    await leaving.set_subscription(token, is_on=False)
    # Being put on the list again by somebody else does not undo it.
    await schedules.change(owner, key, _draft(other))
    await schedules.change(owner, key, _draft(owner, other))
    await _due(database, key)
    assert await send_due() == 1
    assert await _deliveries(database, key) == {_user(other): ["SENT"]}
    await leaving.set_subscription(token, is_on=True)
    assert await schedules.send_now(owner, [key]) == 2


async def test_no_other_link_ends_a_subscription(trade: Trade, database: Database) -> None:
    owner = await _member(database, Scope.DISTRIBUTOR, trade.distributors[0])
    key = await schedules.create(owner, _draft(owner))
    token = leaving.token_for(key, _user(owner))
    forged = leaving.token_for(new_id(), _user(owner))
    for wrong in ("", "x", token[:-2], forged[:43] + token[43:], "é" * 8, token + "AA"):
        with pytest.raises(LinkExpired):
            await leaving.look_at(wrong)
        with pytest.raises(LinkExpired):
            await leaving.set_subscription(wrong, is_on=False)
    assert (await leaving.look_at(token)).is_on


async def test_who_unsubscribes_while_a_mail_waits_does_not_get_it(
    trade: Trade, database: Database, outbox: Path
) -> None:
    owner = await _member(database, Scope.DISTRIBUTOR, trade.distributors[0])
    await send_due()
    key = await schedules.create(owner, _draft(owner))
    await schedules.send_now(owner, [key])
    await leaving.set_subscription(leaving.token_for(key, _user(owner)), is_on=False)
    before = len(_mails(outbox))
    assert await send_due() == 0
    assert await _deliveries(database, key) == {_user(owner): ["UNSUBSCRIBED"]}
    assert len(_mails(outbox)) == before


# Whose -----------------------------------------------------------------------------------------


async def test_schedules_are_the_workspaces_and_need_the_right(
    trade: Trade, database: Database
) -> None:
    owner = await _member(database, Scope.DISTRIBUTOR, trade.distributors[0])
    elsewhere = await _member(database, Scope.DISTRIBUTOR, trade.distributors[1])
    key = await schedules.create(owner, _draft(owner))
    with pytest.raises(NotFound):
        await schedules.change(elsewhere, key, _draft(elsewhere))
    assert await schedules.remove(elsewhere, [key]) == 0
    assert await schedules.pause(elsewhere, [key]) == 0
    assert await schedules.send_now(elsewhere, [key]) == 0
    with pytest.raises(Invalid):
        await schedules.create(owner, _draft(elsewhere))
    reader = Actor(
        Scope.DISTRIBUTOR,
        owner.user_id,
        owner.merchant_id,
        permissions=frozenset({"distributor:analytics:read", "distributor:dashboard:read"}),
    )
    for refused in (
        schedules.create(reader, _draft(owner)),
        schedules.remove(reader, [key]),
        schedules.send_now(reader, [key]),
    ):
        with pytest.raises(Forbidden):
            await refused


async def test_the_same_merchants_other_capacity_is_another_workspace(
    trade: Trade, database: Database
) -> None:
    place = trade.distributors[0]
    owner = await _member(database, Scope.DISTRIBUTOR, place)
    key = await schedules.create(owner, _draft(owner))
    as_supplier = Actor(Scope.SUPPLIER, owner.user_id, place, permissions=ALL)
    assert await schedules.remove(as_supplier, [key]) == 0
    saved = await analyses.save(
        owner, analyses.AnalysisDraft(name="Mine", sharing=Sharing.ALL), SALES
    )
    with pytest.raises(NotFound):
        await analyses.open_saved(as_supplier, saved)


# Analyses --------------------------------------------------------------------------------------


async def test_an_analysis_is_its_owners_until_it_is_shared(
    trade: Trade, database: Database
) -> None:
    place = trade.distributors[0]
    owner = await _member(database, Scope.DISTRIBUTOR, place)
    analyst = await _member(database, Scope.DISTRIBUTOR, place, "analyst")
    finance = await _member(database, Scope.DISTRIBUTOR, place, "finance")
    stranger = await _member(database, Scope.DISTRIBUTOR, trade.distributors[1])
    saved = await analyses.save(owner, analyses.AnalysisDraft(name="Sales"), SALES)
    for other in (analyst, finance, stranger):
        with pytest.raises(NotFound):
            await analyses.open_saved(other, saved)
    roles = {role.code: role.id for role in await roles_to_share_with(owner, analyses.SHARES)}
    shared = analyses.AnalysisDraft(
        name="Sales", sharing=Sharing.ROLE, role_id=roles["analyst"], is_pinned=True
    )
    await analyses.change(owner, saved, shared)
    opened = await analyses.open_saved(analyst, saved)
    assert (dict(opened.question), opened.is_mine) == (SALES, False)
    assert saved in {one.id for one in await analyses.pinned(analyst)}
    for other in (finance, stranger):
        with pytest.raises(NotFound):
            await analyses.open_saved(other, saved)
        assert saved not in {one.id for one in await analyses.pinned(other)}
    with pytest.raises(NotFound):
        await analyses.change(analyst, saved, analyses.AnalysisDraft(name="Mine now"))
    await analyses.change(owner, saved, analyses.AnalysisDraft(name="S", sharing=Sharing.ALL))
    assert (await analyses.open_saved(finance, saved)).name == "S"
    with pytest.raises(NotFound):
        await analyses.open_saved(stranger, saved)


async def test_only_who_may_share_shares(trade: Trade, database: Database) -> None:
    owner = await _member(database, Scope.DISTRIBUTOR, trade.distributors[0])
    reader = Actor(
        Scope.DISTRIBUTOR,
        owner.user_id,
        owner.merchant_id,
        permissions=frozenset({"distributor:analytics:read"}),
    )
    saved = await analyses.save(reader, analyses.AnalysisDraft(name="Own"), SALES)
    shared = analyses.AnalysisDraft(name="Own", sharing=Sharing.ALL)
    with pytest.raises(Forbidden):
        await analyses.change(reader, saved, shared)
    # And if a service forgot to ask, the database refuses.
    with pytest.raises(DBAPIError, match="row-level security"):
        async with database.transaction(reader) as session:
            await session.execute(
                text("update analyses set sharing = 'ALL' where id = :id"), {"id": saved}
            )
    nobody = Actor(Scope.DISTRIBUTOR, owner.user_id, owner.merchant_id, permissions=frozenset())
    with pytest.raises(Forbidden):
        await analyses.open_saved(nobody, saved)


async def test_a_platforms_role_is_none_to_share_with_for_a_merchant(
    trade: Trade, database: Database
) -> None:
    owner = await _member(database, Scope.DISTRIBUTOR, trade.distributors[0])
    platform = await _member(database, Scope.PLATFORM, None, "platform_owner")
    for actor, others in ((owner, platform), (platform, owner)):
        foreign = (await roles_to_share_with(others, analyses.SHARES))[0].id
        draft = analyses.AnalysisDraft(name="X", sharing=Sharing.ROLE, role_id=foreign)
        with pytest.raises(Invalid):
            await analyses.save(actor, draft, SALES)


async def test_what_is_saved_can_be_asked_by_whoever_opens_it(
    trade: Trade, database: Database
) -> None:
    """A shared question meets the reader's permissions when it is opened, not its author's."""
    place = trade.distributors[0]
    owner = await _member(database, Scope.DISTRIBUTOR, place)
    draft = analyses.AnalysisDraft(name="All", sharing=Sharing.ALL)
    saved = await analyses.save(owner, draft, {"measures": "visitors,margin", "grain": "day"})
    reader = Actor(
        Scope.DISTRIBUTOR,
        (await make_user(database)).id,
        place,
        permissions=frozenset({"distributor:analytics:read", "distributor:store:read"}),
    )
    opened = await analyses.open_saved(reader, saved)
    settled = questions.settled(reader, questions.parse(opened.question, now()))
    assert settled.question.measures == ("visitors", "margin")
    less = Actor(
        Scope.DISTRIBUTOR,
        reader.user_id,
        place,
        permissions=frozenset({"distributor:store:read"}),
    )
    left = questions.settled(less, questions.parse(opened.question, now()))
    assert left.question.measures == ("visitors",)

"""The queue as the platform's operator sees and mends it."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.access import Actor
from app.kit.db import database
from app.kit.errors import TradeError


class WaitsAlready(TradeError):
    """The same work waits in the queue, where it may stand only once."""

    code = "waits_already"
    status = 409
    message = "The same job is already waiting, so this one is not needed."


async def retry(actor: Actor, job_ids: Sequence[int]) -> int:
    """Let failed jobs run again; return how many. Raises Forbidden or WaitsAlready."""
    actor.require("platform:system:write")
    try:
        async with database().transaction(actor) as session:
            found = await session.execute(
                text(
                    "select procrastinate_retry_job_v2(id, now(), null, null, null)"
                    " from procrastinate_jobs where id = any(:ids) and status = 'failed'"
                ),
                {"ids": list(job_ids)},
            )
            return len(found.all())
    except IntegrityError as error:
        raise WaitsAlready() from error


async def discard(actor: Actor, job_ids: Sequence[int]) -> int:
    """Take failed jobs out of the queue for good; return how many. Raises Forbidden."""
    actor.require("platform:system:write")
    async with database().transaction(actor) as session:
        gone = await session.execute(
            text("delete from procrastinate_jobs where id = any(:ids) and status = 'failed'"
                 " returning id"),
            {"ids": list(job_ids)},
        )  # fmt: skip
        return len(gone.all())

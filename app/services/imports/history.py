"""The use case: bring a folder of another marketplace's history in."""

import asyncio
import os
import tempfile
import time
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor, Scope
from app.kit.db import Database, database
from app.kit.defer import defer
from app.kit.errors import TradeError
from app.services.imports import (
    catalogue,
    checks,
    journal,
    orders,
    people,
    report,
    reviews,
    staging,
)
from app.services.imports.files import (
    Readable,
    SourceFile,
    fingerprint,
    locate,
    make_readable,
    unread_columns,
)
from app.services.imports.mapping import HistoryMapping
from app.services.imports.problems import Problem
from app.services.imports.reading import Batch, column_problems, read
from app.services.imports.report import MOST_PROBLEMS, Note, Report
from app.services.imports.trial import would_write

WRITERS = min(4, os.cpu_count() or 1)
"""So many batches are written at once."""

_LOCK = "hashtext('tongshang import')"


class ImportRuns(TradeError):
    """Another import is going on; imports go one after the other."""

    code = "import_runs"
    status = 409
    message = "Another import is running. Wait until it has ended."


@dataclass(frozen=True)
class Progress:
    """How far a step is; ``total`` counts the same things as ``done``, 0 where unknown."""

    step: str
    done: int
    total: int


Watch = Callable[[Progress], None]


def _nobody(progress: Progress) -> None:
    """Watch nothing."""


async def bring(
    actor: Actor,
    folder: Path,
    mapping: HistoryMapping,
    *,
    dry: bool = False,
    watch: Watch = _nobody,
    run_id: UUID | None = None,
    writer: Database | None = None,
) -> Report:
    """Import the files of ``folder``; the same files again change nothing.

    A run that broke off is continued by the same files. With ``dry`` everything is checked and
    nothing written. ``run_id`` names a run that the console prepared: it keeps the problems found.
    ``writer`` is a way into the database that may trust the batches of people, orders and reviews:
    each takes what it refers to from the tables referred to, where nothing is ever deleted.
    Raises Forbidden, NothingToImport or ImportRuns.
    """
    if actor.scope is not Scope.SYSTEM:
        actor.require("platform:imports:write")
    began = time.monotonic()
    files = locate(folder, mapping)
    async with alone(), leaving_nothing_staged(actor):
        with tempfile.TemporaryDirectory(prefix="tongshang-import-") as scratch:
            job = _Import(actor, mapping, watch, run_id, writer)
            told = await job.run(files, Path(scratch), dry=dry)
    return replace(told, seconds=round(time.monotonic() - began, 1))


@asynccontextmanager
async def alone() -> AsyncGenerator[None]:
    """Hold the lock of all imports by a connection of its own; raises ImportRuns."""
    async with database().connection() as connection:
        held = await connection.scalar(text(f"select pg_try_advisory_lock({_LOCK})"))
        await connection.commit()
        if not held:
            raise ImportRuns()
        try:
            yield
        finally:
            await connection.execute(text(f"select pg_advisory_unlock({_LOCK})"))
            await connection.commit()


@asynccontextmanager
async def leaving_nothing_staged(actor: Actor) -> AsyncGenerator[None]:
    """Remove the staged rows, which name people, however the import ends."""
    try:
        yield
    finally:
        async with staging.work(actor) as session:
            await staging.clear(session)


class _Import:
    """One run: what its steps share."""

    def __init__(
        self,
        actor: Actor,
        mapping: HistoryMapping,
        watch: Watch,
        run_id: UUID | None,
        writer: Database | None,
    ) -> None:
        self.actor = actor
        self.mapping = mapping
        self.watch = watch
        self.run_id = run_id
        self.writer = writer
        self.source = mapping.source.name
        self.names = {
            "source": self.source,
            "shop": mapping.shop.id,
            "currency": mapping.source.currency,
        }
        self.files: dict[str, str] = {}
        self.plan = orders.Plan(0, 0)
        self.reviews = 0

    async def run(self, files: Sequence[SourceFile], scratch: Path, *, dry: bool) -> Report:
        """Read, check, and unless it is a trial or the files are in doubt, write."""
        self.files = {file.kind: file.path.name for file in files}
        found = [await asyncio.to_thread(make_readable, f, self.mapping, scratch) for f in files]
        doubts = [problem for file in found for problem in self._doubts(file)]
        if doubts:
            return await self._stopped(doubts)
        await self._stage(found)
        left_out = await self._check(found)
        if missing := await self._missing_files():
            return await self._stopped(missing)
        remarks = [Note("unread_columns", 1, None, unread_columns(found, self.mapping))]
        if left_out:
            remarks.append(Note("parcels_without_lines", left_out))
        remarks = [note for note in remarks if note.columns or note.word != "unread_columns"]
        if dry:
            return await self._trial(remarks)
        return await self._write(files, remarks)

    def _doubts(self, file: Readable) -> list[Problem]:
        if not file.columns:
            return list(file.problems)
        return [*file.problems, *column_problems(file, self.mapping)]

    async def _stopped(self, doubts: Sequence[Problem]) -> Report:
        if self.run_id is not None:
            async with staging.work(self.actor) as session:
                await journal.keep_doubts(session, self.run_id, doubts)
        shown = tuple(doubts[:MOST_PROBLEMS])
        return Report(
            "stopped",
            self.source,
            self.mapping.source.currency,
            {},
            problems=shown,
            problems_total=len(doubts),
        )

    async def _stage(self, files: Sequence[Readable]) -> None:
        async with staging.work(self.actor) as session:
            await staging.prepare(session, self.files)
        room = asyncio.Semaphore(WRITERS)
        await _together(self._stage_file(file, room) for file in files)

    async def _stage_file(self, file: Readable, room: asyncio.Semaphore) -> None:
        kind, batches, rows = file.source.kind, read(file, self.mapping), 0
        async with room, staging.work(self.actor) as session:
            while (batch := await asyncio.to_thread(_next, batches)) is not None:
                await staging.copy_frame(session, kind, batch.rows)
                await staging.copy_problems(session, batch.problems)
                rows += batch.rows.height
                self.watch(Progress(f"read {kind}", rows, 0))
            await staging.run(session, f"analyze staging.{kind}")

    async def _check(self, files: Sequence[Readable]) -> int:
        """Check all rows; return how many parcels are left out with a note."""
        self.watch(Progress("check", 0, 1))
        is_shared = any(f.source.kind == "shipments" and f.source.is_shared for f in files)
        shop, currency = self.names["shop"], self.names["currency"]
        async with staging.work(self.actor) as session:
            await checks.recognise(session, self.source)
            left_out = await checks.parcels(session, is_shared=is_shared)
        statements = checks.independent(self.source, shop)
        await self._apart(
            *(partial(staging.run, statement=s, **params) for s, params in statements)
        )
        async with staging.work(self.actor) as session:
            await checks.compare(session, shop, currency)
            await checks.keep_orders_whole(session)
        self.watch(Progress("check", 1, 1))
        return left_out

    async def _missing_files(self) -> list[Problem]:
        """Return a problem for each file without which new orders would come in parts."""
        missing = [kind for kind in ("lines", "payments") if kind not in self.files]
        if not missing or "orders" not in self.files:
            return []
        async with staging.work(self.actor) as session:
            if not await checks.has_new_orders(session):
                return []
        names = {kind: self.mapping.files.get(kind, f"{kind}.csv") for kind in missing}
        return [Problem(kind, name, 1, "", "no_file") for kind, name in names.items()]

    async def _trial(self, remarks: Sequence[Note]) -> Report:
        async with staging.work(self.actor) as session:
            written = await would_write(session, self.source)
            if self.run_id is not None:
                await journal.keep_problems(session, self.run_id, self.mapping)
        return await self._report("checked", written, remarks)

    async def _begin(self, files: Sequence[SourceFile]) -> tuple[UUID, bool]:
        digest = await asyncio.to_thread(fingerprint, files, self.mapping)
        async with staging.work(self.actor) as session:
            if self.run_id is not None:
                return await journal.take_up(session, self.run_id, self.source, digest)
            return await journal.begin(session, self.actor, self.mapping, digest, files)

    async def _write(self, files: Sequence[SourceFile], remarks: Sequence[Note]) -> Report:
        run_id, resumed = await self._begin(files)
        await self._merchants(run_id)
        # The goods are many small statements one after the other, and so is the orders' plan.
        await _together((self._goods(run_id), self._people(run_id), self._plan_orders()))
        await _together((self._refresh("catalogue"), self._refresh("people")))
        await self._orders(run_id)
        await _together((self._refresh("orders"), self._plan_reviews()))
        await self._reviews(run_id)
        await self._refresh("reviews")
        async with staging.work(self.actor) as session:
            written = await journal.written(session, run_id)
        told = await self._report("done", written, remarks)
        told = replace(told, resumed=resumed, run_id=str(run_id))
        async with staging.work(self.actor) as session:
            await journal.keep_problems(session, run_id, self.mapping)
            result = told.as_dict("en")
            await journal.finish(session, run_id, "DONE", result | {"problems": []})
            # So that nobody waits for the figures until the next turn of the clock.
            await defer(session, "tongshang:refresh_snapshots", once="refresh_snapshots")
        return told

    async def _refresh(self, step: str) -> None:
        async with staging.work(self.actor) as session:
            await staging.refresh_statistics(session, step)

    async def _merchants(self, run_id: UUID) -> None:
        """Write who trades, and the categories of what they trade in."""
        shop, written = self.mapping.shop, dict[str, int]()
        self.watch(Progress("catalogue", 0, 1))
        async with staging.work(self.actor, writes=True) as session:
            written["categories"] = await catalogue.write_categories(session, self.source)
            needs_shop = bool({"orders", "customers"} & self.files.keys())
            written |= await catalogue.write_merchants(
                session, self.source, shop, needs_shop=needs_shop
            )
            await catalogue.write_accounts(session, self.source, self.names["currency"])
            await staging.fill_provinces(session, self.mapping.provinces)
            await journal.record(session, run_id, "catalogue", 0, written)

    async def _goods(self, run_id: UUID) -> None:
        """Write what they trade in, and list what was sold."""
        async with staging.work(self.actor, writes=True) as session:
            products = await catalogue.write_products(session, self.source)
            await catalogue.write_offers(session, **self.names)
            await journal.record(session, run_id, "catalogue", 1, {"products": products})
        self.watch(Progress("catalogue", 1, 1))

    async def _people(self, run_id: UUID) -> None:
        async with staging.work(self.actor) as session:
            persons, addresses = await people.plan(session, self.source, self.names["shop"])

        async def write_people(session: AsyncSession, batch: int) -> dict[str, int]:
            await people.write_people(session, self.source, batch)
            return {}

        async def write_addresses(session: AsyncSession, batch: int) -> dict[str, int]:
            return {
                "customers": await people.write_addresses(
                    session, self.source, self.names["shop"], batch
                )
            }

        await self._batches(run_id, "people", persons, people.BATCH, write_people)
        await self._batches(run_id, "customers", addresses, people.BATCH, write_addresses)

    async def _plan_orders(self) -> None:
        async with staging.work(self.actor) as session:
            self.plan = await orders.plan(session, self.names["shop"], self.names["currency"])

    async def _orders(self, run_id: UUID) -> None:
        base, total = self.plan.base, self.plan.orders
        self.watch(Progress("orders", 0, total))

        async def write(session: AsyncSession, batch: int) -> dict[str, int]:
            return await orders.write(session, **self.names, base=base, batch=batch)

        await self._batches(run_id, "orders", total, orders.BATCH, write)

    async def _plan_reviews(self) -> None:
        async with staging.work(self.actor) as session:
            self.reviews = await reviews.plan(session)

    async def _reviews(self, run_id: UUID) -> None:
        async def write(session: AsyncSession, batch: int) -> dict[str, int]:
            return {"reviews": await reviews.write(session, batch)}

        await self._batches(run_id, "reviews", self.reviews, reviews.BATCH, write)

    async def _batches(
        self,
        run_id: UUID,
        step: str,
        total: int,
        size: int,
        write: Callable[[AsyncSession, int], Awaitable[dict[str, int]]],
    ) -> None:
        """Write ``total`` rows in batches, some at once, each with its record in the journal."""
        room, done = asyncio.Semaphore(WRITERS), 0

        async def one(batch: int) -> None:
            nonlocal done
            way = staging.work(self.actor, writes=True, through=self.writer)
            async with room, way as session:
                written = await write(session, batch)
                await journal.record(session, run_id, step, batch, written)
            done = min(total, done + size)
            self.watch(Progress(step, done, total))

        await _together(one(batch) for batch in range(-(-total // size)))

    async def _report(
        self, state: str, written: Mapping[str, int], remarks: Sequence[Note]
    ) -> Report:
        """Say what became of the rows; ``written`` are those of each kind, or would be."""
        dry = state == "checked"
        (read_rows, refused), _ = await self._apart(
            report.read_counts, partial(report.see, dry=dry)
        )
        shown, sums, *notes = await self._apart(
            partial(report.problems, mapping=self.mapping, files=self.files, most=MOST_PROBLEMS),
            partial(report.totals, dry=dry),
            *(
                partial(report.answer, word=word, statement=statement, source=self.source)
                for word, statement in report.questions(dry=dry)
            ),
        )
        return Report(
            state,
            self.source,
            self.mapping.source.currency,
            report.make_counts(read_rows, refused, written),
            sums,
            problems=shown,
            problems_total=sum(refused.values()),
            notes=(*(note for note in notes if note.rows), *remarks),
        )

    async def _apart(self, *works: Callable[[AsyncSession], Awaitable[Any]]) -> list[Any]:
        """Return what each work answers, in a transaction of its own, some at once."""
        room, answers = asyncio.Semaphore(WRITERS), dict[int, Any]()

        async def one(place: int, work: Callable[[AsyncSession], Awaitable[Any]]) -> None:
            async with room, staging.work(self.actor) as session:
                answers[place] = await work(session)

        await _together(one(*each) for each in enumerate(works))
        return [answers[place] for place in range(len(works))]


def _next(batches: Iterator[Batch]) -> Batch | None:
    return next(batches, None)


async def _together(works: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Do all at once; the first error ends the others and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work)
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from errors

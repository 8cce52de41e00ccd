"""Actions on rows of a list: how many will change, how far it is, what became of each row.

A row with which something was done stays where it is, marked, until the list is read again: the
next one must not slide under the pointer.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import reflex as rx
from reflex.event import EventSpec

from app.access import Actor
from app.kit.errors import Invalid, TradeError
from app.kit.i18n import N_
from app.queries.resource import ListQuery, Resource, cells
from app.queries.selection import Chosen, chosen_rows, rows_by_key
from state.acts import ActsState
from state.gate import OF_SCREEN, acting, acting_anew, needs
from state.screens import Action, RowsDone, Values

PIECE = 100
"""So many rows are changed in one transaction; more go beside, with their progress."""
SHOWN_OUTCOMES = 500

_NOT_FITTING = N_("Not at the stage for this.")
_NOT_REACHED = N_("Not reached: it was stopped before.")


@dataclass(frozen=True)
class _Job:
    """What is to be done with many rows."""

    action: str
    values: Values
    rows: Sequence[Chosen]


class BulkState(ActsState, mixin=True):
    """Mix in below a list, which has rows, a query and a selection."""

    resource: ClassVar[Resource]

    rows: list[dict[str, str]] = []
    selected: list[str] = []
    whole: bool = False
    """All rows that match are selected, also those on other pages."""
    marks: dict[str, str] = {}
    """Row → the word for what was done with it since the list was read."""
    undos: dict[str, str] = {}
    """Row → the action that takes it back."""

    fits: int = 0
    """How many of the selected rows the action that is asked for will change."""
    unfit: int = 0
    bulk_total: int = 0
    """How many rows are being changed; 0 while nothing is."""
    bulk_done: int = 0
    bulk_stopping: bool = False
    outcomes: list[dict[str, str]] = []
    """What became of each row of the last bulk action, those left as they were first."""
    outcome: str = ""
    _job: _Job | None = None

    async def _must_confirm(self, action: Action) -> bool:
        """Count what a bulk action will change; ask where that is not plainly what was ticked."""
        if self.target or not action.takes_many:
            return False
        chosen = await self._chosen(action)
        self.fits = sum(row.fits for row in chosen)
        self.unfit = len(chosen) - self.fits
        return self.whole or self.unfit > 0

    async def _opened(self, action: Action) -> None:
        if action.asks and not self.target and action.takes_many:
            await self._must_confirm(action)

    async def _chosen(self, action: Action) -> list[Chosen]:
        by: ListQuery | Sequence[Any] = (
            self._query() if self.whole else [self._key(key) for key in self.selected]
        )
        return await chosen_rows(acting().actor, self.resource, by, action.when)

    def _query(self) -> ListQuery:
        raise NotImplementedError

    async def _run(self, action: Action, values: Mapping[str, Any]) -> Any:
        if action.on == "list" or action.at_once:
            return await super()._run(action, values)
        if self.target:
            return await self._run_one(action, values)
        chosen = await self._chosen(action)
        if sum(row.fits for row in chosen) > PIECE:
            self._job = _Job(action.name, values, chosen)
            self.asking, self.errors = "", {}
            self.bulk_total, self.bulk_done, self.bulk_stopping = len(chosen), 0, False
            return type(self).work
        told = await self._piece(action, acting().actor, chosen, values)
        return await self._end(action, chosen, told)

    async def _run_one(self, action: Action, values: Values) -> Any:
        key = self._key(self.target)
        outcome = await action.run(acting().actor, [key], values)
        self.asking, self.errors = "", {}
        refused = outcome.refused.get(key, "") if isinstance(outcome, RowsDone) else ""
        if outcome == 0 and isinstance(outcome, int):
            refused = action.left
        if refused:
            await self._again()
            return rx.toast.error(acting().text(refused))
        if action.is_step:
            await self._again()
        else:
            await self._stay(action, [self.target])
        if isinstance(outcome, EventSpec):
            return outcome
        said = self._told(action, 1 if isinstance(outcome, RowsDone) else outcome)
        return rx.toast.success(said) if said else None

    async def _piece(
        self, action: Action, actor: Actor, chosen: Sequence[Chosen], values: Values
    ) -> dict[Any, str]:
        """Do it with the rows that fit; return key → why, for those that were left as they were."""
        told = {row.key: _NOT_FITTING for row in chosen if not row.fits}
        keys = [row.key for row in chosen if row.fits]
        if not keys:
            return told
        try:
            outcome = await action.run(actor, keys, values)
        except TradeError as error:
            if isinstance(error, Invalid) and error.fields:
                raise
            if len(keys) == 1:
                return told | {keys[0]: acting().text(error.message, **error.params)}
            # One row refuses for all of them: each is tried alone, so that the others go on.
            for row in (row for row in chosen if row.fits):
                told |= await self._piece(action, actor, [row], values)
            return told
        if isinstance(outcome, RowsDone):
            return told | dict(outcome.refused)
        if action.when is not None and outcome != len(keys):
            after = await chosen_rows(actor, self.resource, keys, action.when)
            told |= {row.key: action.left for row in after if row.fits}
        return told

    @rx.event(background=True)
    @needs(OF_SCREEN)
    async def work(self) -> AsyncGenerator[Any]:
        """Do what was asked with many rows, a piece at a time, beside whatever else is done.

        Each piece is a transaction of its own and asks anew who acts and what they may.
        """
        async with self:
            job, self._job = self._job, None
            router = self.router
        if job is None:
            return
        action = self._action(job.action)
        told: dict[Any, str] = {}
        reached = 0
        try:
            for start in range(0, len(job.rows), PIECE):
                async with self:
                    if self.bulk_stopping:
                        break
                actor = await acting_anew(router)
                actor.require(action.permission)
                piece = job.rows[start : start + PIECE]
                told |= await self._piece(action, actor, piece, job.values)
                reached = start + len(piece)
                async with self:
                    self.bulk_done = reached
        except TradeError as error:
            yield rx.toast.error(acting().text(error.message, **error.params))
        told |= {row.key: _NOT_REACHED for row in job.rows[reached:]}
        async with self:
            yield await self._end(action, job.rows, told)

    @rx.event
    @needs(OF_SCREEN)
    async def stop_work(self) -> None:
        """Stop after the rows that are being changed now; those stay changed."""
        self.bulk_stopping = True

    @rx.event
    @needs(OF_SCREEN)
    async def close_outcomes(self) -> None:
        """Close the report."""
        self.outcomes = []

    async def _end(self, action: Action, chosen: Sequence[Chosen], told: Mapping[Any, str]) -> Any:
        """Mark the rows, say how many changed, and report each where some were left."""
        who = acting()
        changed = [row for row in chosen if row.key not in told]
        self.asking, self.errors = "", {}
        self.bulk_total = self.bulk_done = 0
        self.selected, self.whole = [], False
        await self._stay(action, [str(row.key) for row in changed])
        self.outcome = who.text(action.done, count=len(changed))
        if not told:
            return rx.toast.success(self.outcome)
        left = [row for row in chosen if row.key in told]
        self.outcomes = [
            {"label": row.label, "why": who.text(told[row.key]), "ok": ""} for row in left
        ][:SHOWN_OUTCOMES]
        room = SHOWN_OUTCOMES - len(self.outcomes)
        self.outcomes += [
            {"label": row.label, "why": who.text(action.did), "ok": "1"} for row in changed[:room]
        ]
        self.outcome += " " + who.text(N_("Unchanged: %(count)s."), count=len(left))
        return None

    async def _stay(self, action: Action, keys: Sequence[str]) -> None:
        """Read the rows anew, but let those of the page stay where they were, marked."""
        before = self.rows
        marks, undos = dict(self.marks), dict(self.undos)
        await self._again()
        places = {row["id"]: place for place, row in enumerate(self.rows)}
        moved = any(
            places.get(row["id"]) != place for place, row in enumerate(before) if row["id"] in keys
        )
        if moved:
            by_key = [self._key(row["id"]) for row in before]
            fresh = await rows_by_key(acting().actor, self.resource, by_key)
            self.rows = [
                cells(self.resource, fresh[row["id"]]) if row["id"] in fresh else row
                for row in before
            ]
        here = {row["id"] for row in self.rows}
        did = acting().text(action.did)
        self.marks = marks | {key: did for key in keys if key in here}
        undos = {key: name for key, name in undos.items() if key not in keys}
        self.undos = undos | {key: action.undo for key in keys if action.undo and key in here}

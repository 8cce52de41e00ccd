"""The audit trail of a workspace, with what changed column by column."""

from collections.abc import Sequence

from app.kit.db import database
from app.kit.i18n import N_, Words
from app.queries.changes import VALUE_WORDS, changes_of
from app.queries.lists.audit_words import AUDIT_COLUMN, AUDIT_SCOPE, AUDIT_TABLE
from app.queries.record_names import ids_in, label_of, names_of
from app.queries.resource import ListPage, ListQuery, Row
from state.gate import acting
from state.listing import ListState

COLUMN_WORDS = AUDIT_COLUMN
SHOWN_WORDS = VALUE_WORDS
TABLE_WORDS = AUDIT_TABLE
ACTED: Words = (*(pair for pair in AUDIT_SCOPE if pair[0] != "public"), ("public", N_("Applicant")))
"""As whom somebody acted. What belongs to a merchant is written by no visitor but its applicant."""


class AuditState(ListState, mixin=True):
    """Mix in with a scope's resource."""

    changes: dict[str, list[list[str]]] = {}
    """Entry → its columns with their values before and after, and the identifiers of both."""
    records: dict[str, str] = {}
    """Entry → the name of the record that changed."""
    _entries: Sequence[Row] = ()

    def _show(self, found: ListPage, query: ListQuery) -> None:
        super()._show(found, query)
        self._entries = found.rows

    async def _beside(self) -> None:
        actor = acting().actor
        known = {part for row in self._entries for part in str(row["row"]).split("/")}
        known |= {one for row in self._entries for one in ids_in(row["changes"])}
        async with database().transaction(actor) as session:
            names = await names_of(session, known, english=actor.locale == "en")
        self.records = {
            str(row["id"]): label_of(str(row["row"]), row["changes"], names)
            for row in self._entries
        }
        self.changes = {
            str(row["id"]): [
                [c.column, c.before, c.after, c.before_id, c.after_id]
                for c in changes_of(row["changes"], names, actor.locale)
            ]
            for row in self._entries
        }
        self._entries = ()

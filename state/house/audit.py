"""The audit trail of a workspace, with what changed column by column."""

from app.queries.changes import VALUE_WORDS, changes_of
from app.queries.lists.audit_words import AUDIT_COLUMN
from app.queries.resource import ListPage, ListQuery
from state.listing import ListState

COLUMN_WORDS = AUDIT_COLUMN
SHOWN_WORDS = VALUE_WORDS


class AuditState(ListState, mixin=True):
    """Mix in with a scope's resource."""

    changes: dict[str, list[list[str]]] = {}
    """Entry → its columns with their values before and after."""

    def _show(self, found: ListPage, query: ListQuery) -> None:
        super()._show(found, query)
        self.changes = {
            str(row["id"]): [[c.column, c.before, c.after] for c in changes_of(row["changes"])]
            for row in found.rows
        }

"""Errors that are facts: each has a code, an HTTP status and a sentence that a person can act on.

A service raises a subclass; one place at each edge (console middleware, storefront, API) turns it
into a toast, a page or a problem document in the reader's language. ``message`` is a gettext
message id, ``params`` fill its ``%(name)s`` places.
"""

import math
from typing import ClassVar


class TradeError(Exception):
    """A refusal with a reason; never a bug. Subclasses live beside the rule that they speak of."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400
    message: ClassVar[str] = "The request could not be carried out."

    def __init__(self, **params: object) -> None:
        self.params = params
        super().__init__(self.message % params if params else self.message)


class BadInput(ValueError):
    """A typed value that cannot be read; ``message`` is the message id that stands at its field."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Invalid(TradeError):
    """Input that breaks a rule; ``fields`` maps a field name to a gettext message id."""

    code = "invalid"
    status = 422
    message = "Please check the marked fields."

    def __init__(self, fields: dict[str, str] | None = None, **params: object) -> None:
        self.fields = fields or {}
        super().__init__(**params)


class NotSignedIn(TradeError):
    """No session, or one that has ended."""

    code = "not_signed_in"
    status = 401
    message = "Please sign in to go on."


class Forbidden(TradeError):
    """The actor is known and may see the thing, but not do this with it."""

    code = "forbidden"
    status = 403
    message = "You do not have permission for this. Ask the owner of this workspace for it."


class NotFound(TradeError):
    """Nothing there, or nothing that this actor may know of (hidden is 404, forbidden is 403)."""

    code = "not_found"
    status = 404
    message = "This was not found. It may have been removed, or it belongs to another workspace."


class Conflict(TradeError):
    """Somebody else was first; reload and look again."""

    code = "conflict"
    status = 409
    message = "Somebody has just changed this. Reload to see the current state."


class TooMany(TradeError):
    """A rate limit was reached; ``retry_after`` is in how many seconds the next try may come."""

    code = "too_many"
    status = 429
    message = "Too many attempts. Please try again in %(minutes)s min."

    def __init__(self, retry_after: float = 60.0, **params: object) -> None:
        self.retry_after = max(1, math.ceil(retry_after))
        super().__init__(minutes=math.ceil(self.retry_after / 60), **params)


RETRY_SECONDS = 5
"""After how long somebody who was told that something is unavailable may ask again."""


class Unavailable(TradeError):
    """Something that every answer needs cannot be reached now, such as the database.

    Nobody knows whether a write that was under way arrived; what carries a key may be sent again.
    """

    code = "unavailable"
    status = 503
    message = "Part of this service is being restarted. Please wait a few seconds, then try again."
    retry_after = RETRY_SECONDS


def retry_headers(error: Exception) -> dict[str, str]:
    """Return the HTTP headers that tell a program when to try again, if the error says so."""
    if isinstance(error, (TooMany, Unavailable)):
        return {"retry-after": str(error.retry_after)}
    return {}

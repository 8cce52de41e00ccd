"""What every state of the console shares: it is refused at import if a handler is unmarked."""

from typing import Any

import reflex as rx

from state.gate import refuse_unmarked


class ConsoleState(rx.State, mixin=True):
    """Base of all states of the console: ``class Orders(ConsoleState, rx.State)``.

    Set ``permission`` on a class whose handlers are marked ``needs(OF_SCREEN)``.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Let Reflex register the class, then refuse it if a handler has no mark."""
        super().__init_subclass__(**kwargs)
        if not cls._mixin:
            refuse_unmarked(cls)

"""How fast one session may send events: a bucket of tokens that refills steadily.

Generous for hands on a keyboard, and a wall for a script. Each web process counts for itself.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

EVENTS_PER_SECOND = 40.0
BURST = 80.0
MOST_SESSIONS = 10_000
"""So many sessions are remembered; those whose buckets have filled up again are forgotten first."""


@dataclass
class Pace:
    """Counts events by who sends them."""

    per_second: float = EVENTS_PER_SECOND
    burst: float = BURST
    clock: Callable[[], float] = time.monotonic
    _left: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Who → tokens left, and when that was so."""

    def allows(self, who: str) -> bool:
        """Take a token of ``who`` and say whether there was one."""
        at = self.clock()
        tokens = self._tokens(who, at)
        if who not in self._left and len(self._left) >= MOST_SESSIONS:
            self._forget_rested(at)
        self._left[who] = (max(tokens - 1, 0), at)
        return tokens >= 1

    def _tokens(self, who: str, at: float) -> float:
        tokens, then = self._left.get(who, (self.burst, at))
        return min(self.burst, tokens + (at - then) * self.per_second)

    def _forget_rested(self, at: float) -> None:
        busy = {who: left for who, left in self._left.items() if self._tokens(who, at) < self.burst}
        # If so many are busy at once, nobody is refused for it: everybody begins anew.
        self._left = busy if len(busy) < MOST_SESSIONS else {}

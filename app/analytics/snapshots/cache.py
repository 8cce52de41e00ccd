"""Rollups kept in memory, whole files, and single days of raw rows: a warm panel reads no disk.

Files never change, so nothing here grows stale; what no manifest names any more is not asked for
and falls out in time.
"""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

MOST_BYTES = 640 * 2**20
LARGEST_SHARE = 2
"""What one scan reads is kept only if it is at most this part of everything that fits."""
SMALL_BYTES = 2 * 2**20
_BYTES_A_CELL = 8


def fits(rows: int, columns: int) -> bool:
    """Say whether so much is worth keeping; else only the columns that are asked for are read."""
    return rows * columns * _BYTES_A_CELL * LARGEST_SHARE <= MOST_BYTES


def is_small(rows: int, columns: int) -> bool:
    """Say whether so much may be kept more than once, as part of several stretches of time."""
    return rows * columns * _BYTES_A_CELL <= SMALL_BYTES


class Frames:
    """The frames that were used last, up to a number of bytes."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._held = 0
        self._frames: OrderedDict[Hashable, pl.DataFrame] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> "pl.DataFrame | None":
        """Return what is held under a key, if it is here."""
        with self._lock:
            if key in self._frames:
                self._frames.move_to_end(key)
            return self._frames.get(key)

    def keep(self, key: Hashable, frame: "pl.DataFrame") -> None:
        """Keep rows, and let go of those that were not asked for longest."""
        size = int(frame.estimated_size())
        with self._lock:
            if key in self._frames or size > self._most:
                return
            self._frames[key] = frame
            self._held += size
            while self._held > self._most:
                _, gone = self._frames.popitem(last=False)
                self._held -= int(gone.estimated_size())

    def forget(self) -> None:
        """Let go of everything (to measure what it costs to have nothing)."""
        with self._lock:
            self._frames.clear()
            self._held = 0

    @property
    def held_bytes(self) -> int:
        """How many bytes are held."""
        return self._held


frames = Frames()
"""Those of this process."""

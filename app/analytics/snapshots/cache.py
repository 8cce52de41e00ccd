"""Rollups kept in memory, whole files, and single days of raw rows: a warm panel reads no disk.

Files never change, so nothing here grows stale; what no manifest names any more is not asked for
and falls out in time.
"""

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

MOST_BYTES = 512 * 2**20
LARGEST_SHARE = 4
"""What one scan reads is kept only if it is at most this part of everything that fits."""
_BYTES_A_CELL = 8


def fits(rows: int, columns: int) -> bool:
    """Say whether so much is worth keeping; else only the columns that are asked for are read."""
    return rows * columns * _BYTES_A_CELL * LARGEST_SHARE <= MOST_BYTES


class Frames:
    """The frames that were used last, up to a number of bytes."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._held = 0
        self._frames: OrderedDict[str, pl.DataFrame] = OrderedDict()
        self._lock = Lock()

    def get(self, url: str) -> "pl.DataFrame | None":
        """Return the rows of a file or of a day, if they are here."""
        with self._lock:
            if url in self._frames:
                self._frames.move_to_end(url)
            return self._frames.get(url)

    def keep(self, url: str, frame: "pl.DataFrame") -> None:
        """Keep rows, and let go of those that were not asked for longest."""
        size = int(frame.estimated_size())
        with self._lock:
            if url in self._frames or size > self._most:
                return
            self._frames[url] = frame
            self._held += size
            while self._held > self._most:
                _, gone = self._frames.popitem(last=False)
                self._held -= int(gone.estimated_size())

    @property
    def held_bytes(self) -> int:
        """How many bytes are held."""
        return self._held


frames = Frames()
"""Those of this process."""

"""What ``tongshang verify`` looks at."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One invariant: ``sql`` returns the rows that break it."""

    name: str
    meaning: str
    sql: str

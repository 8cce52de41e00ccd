"""Where the files of a run lie between their upload and the end of their import."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from app.adapters import blobs


def _key(run_id: UUID, name: str) -> str:
    # A name is a person's and may hold anything, so its digest stands for it.
    return f"imports/{run_id}/{hashlib.sha256(name.encode()).hexdigest()[:32]}"


async def put(run_id: UUID, name: str, path: Path) -> None:
    """Keep a file of a run; one of the same name is replaced."""
    await blobs.put_file(_key(run_id, name), path)


async def drop(run_id: UUID, names: Sequence[str]) -> None:
    """Forget files of a run."""
    for name in names:
        await blobs.drop(_key(run_id, name))


async def fetch(run_id: UUID, name: str, folder: Path) -> bool:
    """Lay a file of a run into a folder under its own name; False where it is gone."""
    return await blobs.fetch_file(_key(run_id, name), folder / name)


def names(files: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of a run's files."""
    return [str(file["name"]) for file in files]

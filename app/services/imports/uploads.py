"""Files of an import on their way in: checked by name and size, unpacked, kept beside its run."""

import asyncio
import json
import re
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from uuid import UUID

from sqlalchemy import text

from app.access import Actor
from app.kit.errors import Conflict, Invalid, NotFound
from app.kit.i18n import N_
from app.services.engine import engine_transaction
from app.services.imports import kept
from app.services.imports.runs import choose_mapping

MOST_FILES = 40
MOST_BYTES = 512 * 2**20
"""Of one upload."""
MOST_ALTOGETHER = 4 * 2**30
"""Of all files of an import, unpacked."""

TABLES = (".csv", ".tsv", ".txt", ".parquet")
_NAME = re.compile(r"[^\x00-\x1f\x7f/\\:*?\"<>|]{1,120}")
_PIECE = 2**20


@dataclass(frozen=True)
class Upload:
    """A file that lies ready on this machine."""

    name: str
    path: Path

    @property
    def size(self) -> int:
        """Bytes."""
        return self.path.stat().st_size


class NoDraft(Conflict):
    """Files belong to an import that is still being prepared."""

    code = "import_no_draft"
    message = "Files can only be changed before the import is checked."


async def check_may_add(actor: Actor, run_id: UUID) -> None:
    """Raise Forbidden, NotFound or NoDraft unless files may be added now."""
    actor.require("platform:imports:write")
    async with engine_transaction(actor, "imports.prepare") as session:
        state = await session.scalar(
            text("select state from import_runs where id = :id and is_wizard"), {"id": run_id}
        )
    if state is None:
        raise NotFound()
    if state != "DRAFT":
        raise NoDraft()


async def add(actor: Actor, run_id: UUID, name: str, file: IO[bytes]) -> list[str]:
    """Keep an uploaded file, or those in a ZIP, under a draft; return their names.

    One of the same name is replaced. A ``.toml`` becomes the import's mapping. Raises Invalid.
    """
    await check_may_add(actor, run_id)
    with tempfile.TemporaryDirectory(prefix="tongshang-upload-") as folder:
        uploads = await asyncio.to_thread(_unpacked, name, file, Path(folder))
        mappings = [upload for upload in uploads if upload.name.lower().endswith(".toml")]
        tables = [upload for upload in uploads if upload not in mappings]
        for upload in mappings:
            await _take_mapping(actor, run_id, upload)
        for upload in tables:
            await kept.put(run_id, upload.name, upload.path)
        await _note(actor, run_id, tables)
    return [upload.name for upload in uploads]


async def drop(actor: Actor, run_id: UUID, name: str) -> None:
    """Take a file away from a draft. Raises Forbidden, NotFound or NoDraft."""
    await check_may_add(actor, run_id)
    await _change(actor, run_id, without=[name], added=[])
    await kept.drop(run_id, [name])


async def _take_mapping(actor: Actor, run_id: UUID, upload: Upload) -> None:
    try:
        typed = await asyncio.to_thread(upload.path.read_text, "utf-8")
    except UnicodeDecodeError:
        raise Invalid({"file": N_("This mapping is not a text in UTF-8.")}) from None
    await choose_mapping(actor, run_id, typed, upload.name)


async def _note(actor: Actor, run_id: UUID, uploads: Sequence[Upload]) -> None:
    if uploads:
        named: list[dict[str, object]] = [
            {"name": upload.name, "size": upload.size} for upload in uploads
        ]
        await _change(actor, run_id, without=[str(f["name"]) for f in named], added=named)


async def _change(
    actor: Actor, run_id: UUID, *, without: Sequence[str], added: Sequence[dict[str, object]]
) -> None:
    async with engine_transaction(actor, "imports.prepare") as session:
        files = await session.scalar(
            text("select files from import_runs where id = :id and state = 'DRAFT' for update"),
            {"id": run_id},
        )
        if files is None:
            raise NoDraft()
        kept = [file for file in files if file["name"] not in without]
        merged = sorted([*kept, *added], key=lambda file: str(file["name"]))
        _bound(merged)
        await session.execute(
            text("update import_runs set files = cast(:files as jsonb) where id = :id"),
            {"id": run_id, "files": json.dumps(merged)},
        )


def _bound(files: Sequence[dict[str, object]]) -> None:
    if len(files) > MOST_FILES:
        raise Invalid({"file": N_("There are too many files for one import.")})
    if sum(int(str(file["size"])) for file in files) > MOST_ALTOGETHER:
        raise Invalid({"file": N_("An import may have at most 4 GB of files.")})


def _unpacked(name: str, file: IO[bytes], folder: Path) -> list[Upload]:
    plain = name.replace("\\", "/").rsplit("/", maxsplit=1)[-1].strip()
    if plain.lower().endswith(".zip"):
        return list(_members(file, folder))
    return [Upload(_checked(plain), _kept(file, folder / "0", MOST_BYTES))]


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name) or not name.lower().endswith((*TABLES, ".toml")):
        raise Invalid(
            {"file": N_("Only CSV and Parquet files, ZIP archives of them and a .toml mapping.")}
        )
    return name


def _members(file: IO[bytes], folder: Path) -> Iterator[Upload]:
    """Unpack the tables of an archive; folders in it and the notes of a Mac are passed over."""
    try:
        with zipfile.ZipFile(file) as archive:
            left, wanted = MOST_ALTOGETHER, [i for i in archive.infolist() if _is_wanted(i)]
            if not wanted or len(wanted) > MOST_FILES:
                raise Invalid({"file": N_("The archive holds no table, or too many.")})
            for place, info in enumerate(wanted):
                # What an archive says of its sizes may be a lie, so that bytes are counted.
                with archive.open(info) as member:
                    path = _kept(member, folder / str(place), left)
                left -= path.stat().st_size
                yield Upload(_checked(info.filename.rsplit("/", maxsplit=1)[-1]), path)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        # Also one with a password, and one that is packed in a way nobody reads.
        reason = N_("The archive cannot be opened. Pack it again as ZIP.")
        raise Invalid({"file": reason}) from error


def _is_wanted(info: zipfile.ZipInfo) -> bool:
    name = info.filename.rsplit("/", maxsplit=1)[-1]
    hidden = name.startswith(".") or info.filename.startswith("__MACOSX/")
    return not info.is_dir() and not hidden and name.lower().endswith((*TABLES, ".toml"))


def _kept(file: IO[bytes], path: Path, most: int) -> Path:
    """Write a file to ``path``. Raises Invalid behind the last permitted byte."""
    with path.open("wb") as out:
        while piece := file.read(_PIECE):
            most -= len(piece)
            if most < 0:
                raise Invalid({"file": N_("The file is too large. Import a history in parts.")})
            out.write(piece)
    return path

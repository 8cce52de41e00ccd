"""Finding the files of an import and making sure that they can be read record by record."""

import csv
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import IO

import polars as pl

from app.kit.errors import TradeError
from app.services.imports.layout import KINDS
from app.services.imports.mapping import HistoryMapping
from app.services.imports.problems import Problem

END = b"\x1e"
"""Written behind each record, so that a record with too few or too many fields shows."""

END_COLUMN = "\x1e"
MOST_SHOWN = 20
"""So many lines in a wrong encoding are named."""


class NothingToImport(TradeError):
    """The folder holds no file that the layout or the mapping names."""

    code = "nothing_to_import"
    status = 422
    message = (
        "%(folder)s holds no file to import. Expected one or more of: %(files)s, as .csv or"
        " .parquet."
    )


@dataclass(frozen=True)
class SourceFile:
    """One kind's file. ``is_shared``: an earlier kind reads the same file."""

    kind: str
    path: Path
    is_shared: bool = False


@dataclass(frozen=True)
class Readable:
    """A file whose records Polars can read as they are: its columns, and where they lie."""

    source: SourceFile
    path: Path
    columns: tuple[str, ...]
    is_parquet: bool
    problems: tuple[Problem, ...] = ()


def locate(folder: Path, mapping: HistoryMapping) -> list[SourceFile]:
    """Return the files of a folder in the order of their kinds.

    Raises NothingToImport.
    """
    found: list[SourceFile] = []
    for kind in KINDS:
        names = _names(kind, mapping)
        path = next((folder / name for name in names if (folder / name).is_file()), None)
        if path is not None:
            found.append(SourceFile(kind, path, any(path == other.path for other in found)))
    if not found:
        expected = mapping.files.values() or KINDS
        raise NothingToImport(folder=folder, files=", ".join(expected))
    return found


def _names(kind: str, mapping: HistoryMapping) -> Sequence[str]:
    if mapping.files:
        return [mapping.files[kind]] if kind in mapping.files else []
    return [f"{kind}.csv", f"{kind}.parquet"]


def kinds_of(name: str, mapping: HistoryMapping) -> list[str]:
    """Return the kinds that a file of this name is read for; none where it is not read at all."""
    return [kind for kind in KINDS if name in _names(kind, mapping)]


def fingerprint(files: Sequence[SourceFile], mapping: HistoryMapping) -> str:
    """Return the digest of the files' contents and of the mapping."""
    digest = hashlib.sha256(mapping.text.encode())
    for source in files:
        digest.update(source.kind.encode())
        with source.path.open("rb") as file:
            while chunk := file.read(2**20):
                digest.update(chunk)
    return digest.hexdigest()


def make_readable(source: SourceFile, mapping: HistoryMapping, folder: Path) -> Readable:
    """Check a file as a whole and lay a clean copy of it into ``folder``, with bounded memory."""
    if source.path.suffix == ".parquet":
        return _parquet(source)
    target = folder / f"{source.kind}.csv"
    with source.path.open("rb") as raw, target.open("wb") as out:
        header = _header(raw, mapping)
        if not header:
            return Readable(source, target, (), False, (_stop(source, 1, "no_header"),))
        _write_header(out, header, mapping.source.separator)
        problems = tuple(_copy_records(source, raw, out, mapping))
    return Readable(source, target, header, False, problems)


def _stop(source: SourceFile, line: int, problem: str, params: str = "") -> Problem:
    return Problem(source.kind, source.path.name, line, "", problem, params=params)


def _parquet(source: SourceFile) -> Readable:
    try:
        names = tuple(pl.scan_parquet(source.path).collect_schema().names())
    except (pl.exceptions.PolarsError, OSError):
        return Readable(source, source.path, (), True, (_stop(source, 1, "unreadable"),))
    return Readable(source, source.path, names, True)


def _codec(mapping: HistoryMapping) -> str:
    name = mapping.source.encoding.lower()
    return "utf-8-sig" if name in ("utf-8", "utf8") else name


def _header(raw: IO[bytes], mapping: HistoryMapping) -> tuple[str, ...]:
    line = raw.readline().decode(_codec(mapping), errors="replace")
    names = [name for row in csv.reader([line], delimiter=mapping.source.separator) for name in row]
    # A column without a name still has its place.
    return tuple(name.strip() or f"#{place}" for place, name in enumerate(names, 1))


def _write_header(out: IO[bytes], header: Sequence[str], separator: str) -> None:
    text = BytesIO()
    wrapper = TextIOWrapper(text, encoding="utf-8", newline="", write_through=True)
    csv.writer(wrapper, delimiter=separator).writerow([*header, END_COLUMN])
    out.write(text.getvalue())


def _copy_records(
    source: SourceFile, raw: IO[bytes], out: IO[bytes], mapping: HistoryMapping
) -> Iterator[Problem]:
    """Copy the records as UTF-8, each with an end mark; a line break in quotes ends none."""
    codec, record, quotes, shown = _codec(mapping).removesuffix("-sig"), 2, 0, 0
    mark = mapping.source.separator.encode() + END + b"\n"
    for line in raw:
        text = _utf8(line, codec)
        if text is None:
            if shown < MOST_SHOWN:
                yield _stop(source, record, "not_encoded", f"encoding={codec}")
            shown += 1
            text = b"\n"
        quotes += text.count(b'"')
        if quotes % 2:
            out.write(text)
        else:
            out.write(text.rstrip(b"\r\n") + mark)
            record += 1
    if quotes % 2:
        yield _stop(source, record, "unfinished")


def _utf8(line: bytes, codec: str) -> bytes | None:
    try:
        decoded = line.decode(codec)
    except UnicodeDecodeError:
        return None
    return line if codec == "utf-8" else decoded.encode()


def unread_columns(readables: Sequence[Readable], mapping: HistoryMapping) -> list[str]:
    """Return ``file: column`` for each column that nothing in the mapping reads."""
    read: dict[Path, set[str]] = {}
    for readable in readables:
        used = mapping.used_columns(KINDS[readable.source.kind])
        read.setdefault(readable.source.path, set()).update(used)
    return [
        f"{readable.source.path.name}: {column}"
        for readable in readables
        if not readable.source.is_shared
        for column in readable.columns
        if column not in read[readable.source.path]
    ]

"""Finding the files of an import and making sure that they can be read record by record."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TextIO

import polars as pl

from app.kit.errors import TradeError
from app.kit.tables import (
    MOST_COLUMNS,
    BadTable,
    broken_rows,
    codec_of,
    is_blank,
    read_record,
    separator_of,
)
from app.kit.text import showable
from app.services.imports.layout import KINDS
from app.services.imports.mapping import HistoryMapping
from app.services.imports.problems import Problem

END_COLUMN = "\x1e"
END, FEWER, MORE, BLANK = "=", "<", ">", "0"
"""Written behind each record: whole, with too few fields, with too many, without anything."""

UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)
"""What comes of a Parquet file that is damaged."""

MOST_HEADING = 100
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
    """A file whose records Polars can read as they are: its columns, and where they lie.

    ``header_row`` is the row of the headings, ``types`` are those of a Parquet file's columns.
    """

    source: SourceFile
    path: Path
    columns: tuple[str, ...]
    is_parquet: bool
    problems: tuple[Problem, ...] = ()
    header_row: int = 1
    separator: str = ","
    types: tuple[pl.DataType, ...] = ()


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
    if source.path.suffix.lower() == ".parquet":
        return _parquet(source)
    try:
        codec = codec_of(source.path, mapping.source.encoding)
    except BadTable as bad:
        names = _headings(source, bad, mapping)
        return Readable(source, source.path, names, False, tuple(_unreadable(source, bad)))
    target = folder / f"{source.kind}.csv"
    with (
        source.path.open(encoding=codec, newline="") as raw,
        target.open("w", encoding="utf-8", errors="replace", newline="") as out,
    ):
        return _Copy(source, raw, out, mapping).made(target)


def _stop(
    source: SourceFile, line: int, problem: str, params: str = "", field: str = ""
) -> Problem:
    return Problem(source.kind, source.path.name, line, field, problem, params=params)


def _headings(source: SourceFile, bad: BadTable, mapping: HistoryMapping) -> tuple[str, ...]:
    """Return the headings of a file in a wrong encoding, so that missing ones are told at once."""
    if bad.code != "not_encoded":
        return ()
    with source.path.open(encoding=bad.codec, errors="replace", newline="") as raw:
        return tuple(_Copy(source, raw, StringIO(), mapping).header() or ())


def _unreadable(source: SourceFile, bad: BadTable) -> Iterator[Problem]:
    if bad.code != "not_encoded":
        yield _stop(source, 1, bad.code)
        return
    for row in broken_rows(source.path, bad.codec, MOST_SHOWN):
        yield _stop(source, row, bad.code, f"encoding={bad.codec}")


def _parquet(source: SourceFile) -> Readable:
    try:
        schema = pl.scan_parquet(source.path).collect_schema()
    except UNREADABLE:
        return Readable(source, source.path, (), True, (_stop(source, 1, "unreadable"),))
    problems = tuple(_header_problems(source, 1, schema.names()))
    types = tuple(schema.dtypes())
    return Readable(source, source.path, tuple(schema.names()), True, problems, types=types)


def _header_problems(source: SourceFile, row: int, names: Sequence[str]) -> Iterator[Problem]:
    if not names:
        yield _stop(source, row, "no_header")
    if len(names) > MOST_COLUMNS:
        yield _stop(source, row, "too_many_columns", f"most={MOST_COLUMNS}")
    for name in dict.fromkeys(name for name, count in Counter(names).items() if count > 1):
        yield _stop(source, row, "heading_twice", field=showable(name)[:MOST_HEADING])


class _Copy:
    """Copies the records of a text as UTF-8, each with a mark that says whether it is whole.

    Nearly all lines are records as they stand and are passed on; only what is odd is taken apart.
    """

    def __init__(
        self, source: SourceFile, raw: TextIO, out: TextIO, mapping: HistoryMapping
    ) -> None:
        self.source = source
        self.lines = iter(raw)
        self.out = out
        self.separator = mapping.source.separator
        self.row = 0

    def made(self, target: Path) -> Readable:
        """Return the copy, as far as the file could be read."""
        names = self.header()
        if names is None:
            return Readable(self.source, target, (), False, (self._stop("unfinished"),))
        header_row = self.row
        problems = list(_header_problems(self.source, max(self.row, 1), names))
        if not problems:
            places = [place_name(place) for place in range(len(names))]
            self.out.write(self.separator.join([*places, END_COLUMN]) + "\n")
            problems += self._records(len(names))
        return Readable(
            self.source, target, tuple(names), False, tuple(problems), header_row, self.separator
        )

    def _stop(self, problem: str) -> Problem:
        return _stop(self.source, self.row, problem)

    def header(self) -> list[str] | None:
        """Return the headings; blank lines above them only count."""
        for raw in self.lines:
            self.row += 1
            line = raw.removeprefix("\ufeff")
            if self.separator == ",":
                # The mapping names another one, or nothing and the headings tell.
                self.separator = separator_of(line)
            cells = read_record(line, self.lines, self.separator)
            if cells is None:
                return None
            if not is_blank(cells):
                # A column without a name still has its place.
                return [cell.strip() or f"#{place}" for place, cell in enumerate(cells, 1)]
        return []

    def _records(self, width: int) -> Iterator[Problem]:
        separators, mark = width - 1, f"{self.separator}{END}\n"
        is_plain = _plain_record(self.separator, width).fullmatch
        blank, write = f" \t\r\n{self.separator}", self.out.write
        for line in self.lines:
            self.row += 1
            has_quotes = '"' in line
            whole = is_plain(line) if has_quotes else line.count(self.separator) == separators
            if whole and line.strip(blank):
                write(line.rstrip("\r\n") + mark)
            elif not self._odd(line, width):
                yield self._stop("unfinished")
                return

    def _odd(self, line: str, width: int) -> bool:
        """Write a record that had to be taken apart; return False where a quote stays open."""
        cells = read_record(line, self.lines, self.separator)
        if cells is None:
            return False
        if is_blank(cells):
            state = BLANK
        elif len(cells) < width:
            state = FEWER
        else:
            # A separator too much behind the last cell is only a habit of some programs.
            state = END if is_blank(cells[width:]) else MORE
        cells = [*cells[:width], *[""] * (width - len(cells)), state]
        self.out.write(self.separator.join(f'"{c.replace(_Q, _Q * 2)}"' for c in cells) + "\n")
        return True


_Q = '"'


def _plain_record(separator: str, width: int) -> re.Pattern[str]:
    """Return the form of a line with quotes that is a whole record, as everybody reads it."""
    part = re.escape(separator)
    cell = rf'(?:"(?:[^"]++|"")*+"|[^"{part}\r\n]*+)'
    return re.compile(rf"{cell}(?:{part}{cell}){{{width - 1}}}(?:\r\n|\r|\n)?")


def place_name(place: int) -> str:
    """Return what the copy calls the column at a place, whatever its heading is."""
    return f"c{place}"


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

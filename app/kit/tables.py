"""Reading tables that people export: their encoding, their separator, their records.

UTF-8 with or without its mark, UTF-16 with its mark and GB18030; comma, semicolon or tab; lines
that end as on Windows, Unix or an old Mac. A quote inside a cell is text. What cannot be read
is refused with a word that names the fault.
"""

import codecs
import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

SEPARATORS = (",", ";", "\t")

MOST_COLUMNS = 200

MOST_RECORD = 2**20
"""Characters of one record. A quote that is not closed within them is taken for open."""

_PIECE = 2**20
_LONGEST_LINE = 4
"""So many pieces without any line break are no table."""

_BINARY = (
    b"PK\x03\x04",
    b"PAR1",
    b"%PDF",
    b"\x1f\x8b",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"\xd0\xcf\x11\xe0",
    b"SQLite format 3",
)
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

# Characters of several bytes, as UTF-8 writes them.
_MULTIBYTE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
# What the first bytes of a pair say in GB18030: two high bytes are a character of GB 2312.
_PAIR = re.compile(rb"[\x81-\xfe][\x30-\xfe]")
_HIGH = re.compile(rb"[\x80-\xff]+")

# The module's own limit is smaller than a long description; records are bounded here.
csv.field_size_limit(2**31 - 1)


class BadTable(Exception):
    """A file that cannot be read as a table; ``code`` is ``not_encoded`` or ``not_a_table``."""

    def __init__(self, code: str, codec: str = "utf-8") -> None:
        super().__init__(code)
        self.code = code
        self.codec = codec


def codec_of(path: Path, named: str = "utf-8") -> str:
    """Return the codec that reads every byte of a file. Raises BadTable.

    A mark at the beginning decides; UTF-8 may be GB18030 unless it is rather damaged UTF-8.
    Any other encoding that somebody ``named`` is taken at their word.
    """
    with path.open("rb") as file:
        start = file.read(4096)
    if start.startswith(_BINARY):
        raise BadTable("not_a_table")
    if start.startswith(_WIDE_MARKS):
        return _checked(path, "utf-16")
    if start.startswith(codecs.BOM_UTF8):
        return _checked(path, "utf-8-sig")
    codec = codecs.lookup(named).name
    if codec not in ("utf-8", "utf-8-sig"):
        return _checked(path, codec)
    if start.count(0) * 4 > len(start):
        # Wide characters without their mark, or no text at all.
        raise BadTable("not_encoded")
    try:
        return _checked(path, "utf-8")
    except BadTable as bad:
        if bad.code != "not_encoded" or not _is_rather_gb18030(path):
            raise
    return _checked(path, "gb18030", blamed="utf-8")


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _checked(path: Path, codec: str, blamed: str = "") -> str:
    decoder, long = codecs.getincrementaldecoder(codec)(), 0
    try:
        for piece in _pieces(path):
            decoder.decode(piece)
            long = 0 if b"\n" in piece or b"\r" in piece else long + 1
            if long >= _LONGEST_LINE:
                raise BadTable("not_a_table")
        decoder.decode(b"", final=True)
    except UnicodeError as error:
        raise BadTable("not_encoded", blamed or codec.removesuffix("-sig")) from error
    return codec


def _is_rather_gb18030(path: Path) -> bool:
    """Say whether bytes that are no whole UTF-8 look like Chinese in GB18030.

    Damaged UTF-8 consists mostly of whole characters of UTF-8; other alphabets of one byte rarely
    have two high bytes side by side.
    """
    high = multibyte = pairs = wide = 0
    for piece in _pieces(path):
        high += sum(len(run) for run in _HIGH.findall(piece))
        multibyte += sum(len(char) for char in _MULTIBYTE.findall(piece))
        found = _PAIR.findall(piece)
        pairs += len(found)
        wide += sum(1 for pair in found if pair[0] >= 0xA1 and pair[1] >= 0xA1)
    return multibyte * 2 <= high and wide * 2 > pairs


def broken_rows(path: Path, codec: str, most: int) -> Sequence[int]:
    """Return the numbers of the first records that hold bytes which ``codec`` cannot read."""
    found: list[int] = []
    row, quotes, is_broken = 1, 0, False
    with path.open(encoding=codec, errors="replace", newline="") as lines:
        for line in lines:
            quotes += line.count('"')
            is_broken = is_broken or "\ufffd" in line
            if quotes % 2 == 0:
                if is_broken:
                    found.append(row)
                if len(found) == most:
                    return found
                row, is_broken = row + 1, False
    return [*found, row] if is_broken else found or [1]


def separator_of(line: str) -> str:
    """Return what parts the headings of a first line: that which makes the most of them."""

    def width(separator: str) -> int:
        return max(map(len, csv.reader([line], delimiter=separator)), default=0)

    return max(SEPARATORS, key=width)


def read_record(line: str, rest: Iterator[str], separator: str) -> list[str] | None:
    """Return the cells of the record that begins with ``line``; None where a quote stays open.

    Lines of ``rest`` are taken as long as a quote is open. A quote inside a cell that does not
    begin with one is text.
    """
    is_over, size = False, len(line)

    def lines() -> Iterator[str]:
        nonlocal is_over, size
        yield line
        while size <= MOST_RECORD and (more := next(rest, None)) is not None:
            size += len(more)
            yield more
        is_over = True

    cells = next(csv.reader(lines(), delimiter=separator))
    return None if is_over else cells


def is_blank(cells: Iterable[str]) -> bool:
    """Say whether a record holds nothing: it counts as a row of the sheet, and is no row."""
    return not any(cell.strip() for cell in cells)

"""The mapping file: how a marketplace's own files, columns and words become the canonical ones."""

import codecs
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import available_timezones

from babel import Locale
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from app.kit.currencies import minor_digits
from app.kit.errors import TradeError
from app.services.imports.layout import KINDS, STATUSES, Kind, Type
from app.services.merchants import SLUG

PLACE = re.compile(r"\{([^{}:]+)(?::(\d+))?\}")
"""A place of a template: ``{column}``, or ``{column:8}`` for its first eight characters."""

_SEPARATOR = r"^[\t !#$%&'*+,./:;<=>?@^_`|~-]$"
"""One character that no quote, digit or letter is."""

Slug = Annotated[str, StringConstraints(pattern=SLUG)]


class MappingWrong(TradeError):
    """The mapping file cannot be used; nothing was read."""

    code = "mapping_wrong"
    status = 422
    message = "The mapping %(file)s cannot be used: %(reason)s"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Source(_Strict):
    """Where the files come from. ``name`` is the namespace of all their identifiers."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,17}$")] = "import"
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "CNY"
    amounts: Literal["decimal", "cents"] = "decimal"
    time_zone: str = "Asia/Shanghai"
    time_format: str = ""
    encoding: str = "utf-8"
    separator: Annotated[str, StringConstraints(strip_whitespace=False, pattern=_SEPARATOR)] = ","


class Shop(_Strict):
    """The distributor and store that take orders and customers which name none."""

    id: Annotated[str, StringConstraints(min_length=1, max_length=60)] = "history"
    name: Annotated[str, StringConstraints(min_length=1, max_length=120)] = "History"
    store: Slug = "history"
    store_name: Annotated[str, StringConstraints(min_length=1, max_length=60)] = "History"


class Template(_Strict):
    """A value put together of several columns, or without any place the same for every row."""

    template: str


class _Document(_Strict):
    source: Source = Source()
    distributor: Shop = Shop()
    files: dict[str, str] = Field(default_factory=dict)
    columns: dict[str, dict[str, str | Template]] = Field(default_factory=dict)
    status_words: dict[str, str] = Field(default_factory=dict)
    provinces: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True)
class HistoryMapping:
    """A mapping that fits the layout; without a file it is the canonical layout's own."""

    source: Source = field(default_factory=Source)
    shop: Shop = field(default_factory=Shop)
    files: Mapping[str, str] = field(default_factory=dict[str, str])
    columns: Mapping[str, Mapping[str, str | Template]] = field(
        default_factory=dict[str, Mapping[str, str | Template]]
    )
    status_words: Mapping[str, str] = field(default_factory=dict[str, str])
    provinces: Mapping[str, str] = field(default_factory=dict[str, str])
    text: str = ""
    """The file as it was read, for the run's fingerprint."""
    name: str = ""
    """What the file is called."""

    @property
    def digits(self) -> int:
        """How many decimals the currency has."""
        return minor_digits(self.source.currency)

    def column_of(self, kind: Kind, name: str) -> str | Template | None:
        """Return what fills a canonical column: a column of the file, a template, or nothing.

        A kind whose columns the mapping names takes only these; another has the canonical names.
        """
        named = self.columns.get(kind.name)
        return name if named is None else named.get(name)

    def used_columns(self, kind: Kind) -> set[str]:
        """Return the columns of the kind's file that the mapping reads."""
        used: set[str] = set()
        for column in kind.columns:
            found = self.column_of(kind, column.name)
            if isinstance(found, Template):
                used |= {name for name, _ in PLACE.findall(found.template)}
            elif found is not None:
                used.add(found)
        return used


def read_mapping(path: Path | None) -> HistoryMapping:
    """Read and check a mapping file; None gives the canonical layout.

    Raises MappingWrong with the first reason found.
    """
    if path is None:
        return HistoryMapping()
    try:
        return parse_mapping(path.read_text(encoding="utf-8"), path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise MappingWrong(file=path.name, reason=_plain(error)) from error


def parse_mapping(text: str, name: str) -> HistoryMapping:
    """Check the text of a mapping file; ``name`` is what a refusal calls it.

    Raises MappingWrong with the first reason found.
    """
    try:
        document = _Document.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise MappingWrong(file=name, reason=str(error)) from error
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(str(part) for part in fault["loc"])
        raise MappingWrong(file=name, reason=f"{where}: {fault['msg']}") from error
    reason = _misfit(document)
    if reason:
        raise MappingWrong(file=name, reason=reason)
    return HistoryMapping(
        document.source,
        document.distributor,
        document.files,
        document.columns,
        document.status_words,
        document.provinces,
        text,
        name,
    )


def _plain(error: Exception) -> str:
    return (error.strerror or "unreadable") if isinstance(error, OSError) else str(error)


def _misfit(document: _Document) -> str:
    """Say what in a well-formed mapping is not of the layout; empty where all fits."""
    for table in (document.files, document.columns):
        for name in table.keys() - KINDS.keys():
            return f"{name}: there is no such kind; choose of {', '.join(KINDS)}"
    for name, columns in document.columns.items():
        reason = _column_misfit(KINDS[name], columns)
        if reason:
            return f"columns.{name}: {reason}"
    for word, ours in document.status_words.items():
        if ours not in STATUSES:
            return f"status_words.{word}: {ours} is none of {', '.join(STATUSES)}"
    if document.source.time_zone not in available_timezones():
        return f"source.time_zone: {document.source.time_zone} is not a time zone"
    if document.source.currency not in Locale.parse("en").currencies:
        return f"source.currency: {document.source.currency} is not a currency"
    return _encoding_misfit(document.source.encoding)


def _column_misfit(kind: Kind, columns: Mapping[str, str | Template]) -> str:
    known = {column.name for column in kind.columns}
    for name in columns.keys() - known:
        return f"{name} is none of {', '.join(sorted(known))}"
    for column in kind.columns:
        if column.required and column.name not in columns:
            return f"{column.name} is required"
        if isinstance(columns.get(column.name), Template) and column.type is Type.MOMENT:
            return f"{column.name} is a moment, which takes a column"
    return ""


def _encoding_misfit(encoding: str) -> str:
    try:
        "".encode(encoding)
        b"".decode(encoding)
        codecs.getincrementaldecoder(encoding)()
    except (LookupError, ValueError):
        return f"source.encoding: {encoding} is not an encoding"
    return ""

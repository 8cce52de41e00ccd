"""Ordinary but ugly files give rows or a named problem, never a fault of the program."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.access import SYSTEM
from app.kit.db import Database
from app.services.imports.files import SourceFile, make_readable
from app.services.imports.history import bring
from app.services.imports.mapping import HistoryMapping, MappingWrong, parse_mapping
from app.services.imports.problems import TEXTS
from app.services.imports.reading import FileDamaged, column_problems, read
from app.services.imports.report import Report
from tests.integration.history import WIPE, rows, value
from tests.integration.ugly_files import UGLY

Told = list[tuple[int, str, str]]


def _read(folder: Path, kind: str, mapping: HistoryMapping | None = None) -> tuple[Any, Told]:
    """Return a file's accepted rows and its problems, as the import reads it."""
    mapping = mapping or HistoryMapping()
    path = next(iter(folder.glob(f"{kind}.*")))
    (folder / "copy").mkdir(exist_ok=True)
    readable = make_readable(SourceFile(kind, path), mapping, folder / "copy")
    doubts = list(readable.problems) or column_problems(readable, mapping)
    if doubts:
        return pl.DataFrame(), [(p.line, p.field, p.problem) for p in doubts]
    frames, told = list[pl.DataFrame](), Told()
    for batch in read(readable, mapping):
        frames.append(batch.rows)
        told += [(p.line, p.field, p.problem) for p in batch.problems]
        for problem in batch.problems:
            assert problem.text("en") and problem.text("zh_CN") and "\0" not in problem.value
    frame = pl.concat(frames) if frames else pl.DataFrame({"row": []})
    return frame.filter(~pl.col("row").is_in([row for row, _, _ in told])), told


@pytest.mark.parametrize("name", UGLY)
def test_an_ugly_file_gives_rows_or_a_named_problem(tmp_path: Path, name: str) -> None:
    content, expected = UGLY[name]
    (tmp_path / "suppliers.csv").write_bytes(content)
    frame, told = _read(tmp_path, "suppliers")
    if told:
        assert told == expected
        assert all(problem in TEXTS for _, _, problem in told)
    else:
        assert (frame["id"].to_list() if frame.width > 1 else []) == expected


def test_inch_marks_and_breaks_come_in_as_they_were_written(tmp_path: Path) -> None:
    content = b'id,name\ns1,5" plate\ns2,"10"" x ""12"""\ns3,"a\nb"\ns4,"Tea" House\n'
    (tmp_path / "suppliers.csv").write_bytes(content)
    frame, _ = _read(tmp_path, "suppliers")
    assert frame["name"].to_list() == ['5" plate', '10" x "12"', "a b", "Tea House"]
    assert frame["row"].to_list() == [2, 3, 4, 5]


AMOUNTS = {
    "1234.50": 123450,
    "1,234.50": 123450,
    "￥１２.５": 1250,
    "¥1,234": 123400,
    "19.9000": 1990,
    ".5": 50,
    "12,50": "not_amount",
    "-1": "not_amount",
    "1e3": "not_amount",
    "12元5角": "not_amount",
    "1.005": "not_amount",
    "1\0": "not_amount",
    "9999999999999": "out_of_range",
    "999999999999999": "out_of_range",
}


def test_amounts_are_read_by_the_one_reader(tmp_path: Path) -> None:
    lines = [f'p{place},"{typed}"' for place, typed in enumerate(AMOUNTS)]
    (tmp_path / "products.csv").write_text("\n".join(["id,price", *lines]), encoding="utf-8")
    frame, told = _read(tmp_path, "products")
    problems = {row: problem for row, _, problem in told}
    found = dict(frame.select("row", "price").iter_rows())
    assert {
        typed: problems.get(row, found.get(row)) for row, typed in enumerate(AMOUNTS, 2)
    } == AMOUNTS


MOMENTS = {
    "2026-01-31": None,
    "2026-01-31T23:59:59Z": None,
    "0001-01-01": "moment_outside",
    "0001-01-01T00:00:00+14:00": "moment_outside",
    "9999-12-31": "moment_outside",
    "9999-12-31T23:59:59.999999-12:00": "moment_outside",
    "1900-01-00": "not_moment",
    "0000-00-00 00:00:00": "not_moment",
    "2026-02-30": "not_moment",
    "2026-01-31 25:61:61": "not_moment",
    "2026-01-31T00:00:00+99:99": "not_moment",
    "45000": "not_moment",
}


async def test_a_date_that_stands_for_none_refuses_its_row(
    database: Database, owner_connection: Any, tmp_path: Path
) -> None:
    owner_connection.execute(WIPE)
    orders = [f"o{n},paid,{typed}" for n, typed in enumerate(MOMENTS)]
    lines = [f"o{n},1,p1,s1,1,5" for n in range(len(MOMENTS))]
    _write(tmp_path, "suppliers", "id,name", ["s1,A"])
    _write(tmp_path, "products", "id,title,supplier_id", ["p1,T,s1"])
    _write(tmp_path, "orders", "id,status,placed_at", orders)
    _write(tmp_path, "lines", "order_id,line,product_id,supplier_id,quantity,price", lines)
    _write(
        tmp_path,
        "payments",
        "order_id,sequence,amount",
        [f"o{n},1,5" for n in range(len(MOMENTS))],
    )
    report = await bring(SYSTEM, tmp_path, HistoryMapping())
    told = {p.line: p.problem for p in report.problems if p.kind == "orders"}
    assert [told.get(row) for row in range(2, len(MOMENTS) + 2)] == list(MOMENTS.values())
    assert report.counts["orders"].written == list(MOMENTS.values()).count(None)


def _write(folder: Path, kind: str, head: str, lines: list[str]) -> None:
    (folder / f"{kind}.csv").write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")


async def test_ugly_files_come_in_whole(
    database: Database, owner_connection: Any, tmp_path: Path
) -> None:
    """The rows that are read also go through the database, whatever is in them."""
    for name in ("utf-16 little", "an old mac", "blank lines", "inch marks", "NUL", "empty",
                 "a cell of several lines", "doubled headings", "a sign turned round"):  # fmt: skip
        owner_connection.execute(WIPE)
        content, expected = UGLY[name]
        (tmp_path / "suppliers.csv").write_bytes(content)
        report: Report = await bring(SYSTEM, tmp_path, HistoryMapping())
        told = [(p.line, p.field, p.problem) for p in report.problems]
        found = await rows(database, "select external_id from external_ids order by 1")
        assert (told or [one for (one,) in found]) == expected, name
    assert await value(database, "select count(*) from merchants") == 0


def test_a_parquet_file_of_odd_types(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "id": [1.0, 2.0, 3.5],
            "name": pl.Series(["A", "B\0", None], dtype=pl.Categorical),
            "row": [timedelta(1), None, None],
            "*": [[1], [2], []],
            "address": [date(2026, 1, 1), None, None],
        }
    )
    frame.write_parquet(tmp_path / "suppliers.parquet")
    found, told = _read(tmp_path, "suppliers")
    assert found["id"].to_list() == ["1", "3.5"]
    assert found["address"].to_list() == ["2026-01-01", None]
    assert told == [(3, "name", "not_text")]
    frame.with_columns(id=frame["*"]).write_parquet(tmp_path / "suppliers.parquet")
    assert _read(tmp_path, "suppliers")[1] == [(1, "id", "not_plain")]
    moments = [datetime(1, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)]
    pl.DataFrame({"id": ["o1", "o2"], "status": "paid", "placed_at": moments}).write_parquet(
        tmp_path / "orders.parquet"
    )
    assert _read(tmp_path, "orders")[1] == [(2, "placed_at", "moment_outside")]
    pl.DataFrame().write_parquet(tmp_path / "reviews.parquet")
    assert _read(tmp_path, "reviews")[1] == [(1, "", "no_header")]


def test_a_damaged_parquet_file_is_told_as_one(tmp_path: Path) -> None:
    path = tmp_path / "suppliers.parquet"
    path.write_bytes(b"PAR1 no")
    assert _read(tmp_path, "suppliers")[1] == [(1, "", "unreadable")]
    pl.DataFrame({"id": [f"s{n}" for n in range(5000)]}).write_parquet(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:4] + b"\xff" * 2000 + whole[2004:])
    with pytest.raises(FileDamaged):
        _read(tmp_path, "suppliers")


def test_a_form_of_dates_may_have_an_offset(tmp_path: Path) -> None:
    mapping = parse_mapping('[source]\ntime_format = "%d.%m.%Y %H:%M %z"\n', "mapping.toml")
    lines = ["o1,paid,31.01.2026 08:30 +0900", "o2,paid,31.01.0001 08:30 +0000", "o3,paid,x"]
    _write(tmp_path, "orders", "id,status,placed_at", lines)
    frame, told = _read(tmp_path, "orders", mapping)
    assert frame["placed_at"].to_list() == [datetime(2026, 1, 30, 23, 30, tzinfo=UTC)]
    assert [problem for _, _, problem in told] == ["moment_outside", "not_moment"]


@pytest.mark.parametrize(
    "source",
    ['separator = ""', "separator = '\"'", 'separator = "，"', 'separator = "\\n"',
     'encoding = "undefined"', 'encoding = "rot13"', 'encoding = "a\\u0000"'],
)  # fmt: skip
def test_a_mapping_by_which_nothing_can_be_read(source: str) -> None:
    with pytest.raises(MappingWrong):
        parse_mapping(f"[source]\n{source}\n", "mapping.toml")


_BYTES = st.one_of(
    st.binary(max_size=200),
    st.lists(
        st.sampled_from([b"id", b"name", b",", b";", b"\t", b'"', b"\n", b"\r", b"\0", b"\xff\xfe",
                         b"\xef\xbb\xbf", "青".encode(), "青".encode("gb18030"), b"\x81", b" "]),
        max_size=40,
    ).map(b"".join),
    st.binary(max_size=200).map(lambda some: b"id,name\n" + some),
    st.text(max_size=100).map(lambda some: f"id,name\n{some}".encode("utf-8", "replace")),
)  # fmt: skip


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_BYTES)
@example(b"\xff\xfe")
@example(b'id,name\n"')
@example(b"id\n\n\x1e\n")
def test_any_bytes_give_rows_or_a_named_problem(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "suppliers.csv").write_bytes(content)
    frame, told = _read(tmp_path, "suppliers")
    assert all(row >= 1 and problem in TEXTS for row, _, problem in told)
    if frame.height:
        assert frame["row"].is_unique().all()

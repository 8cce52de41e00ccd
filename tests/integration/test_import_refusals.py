"""What an import refuses: rows that break a rule, files in doubt, mappings that do not fit."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import URL

from app.access import SYSTEM
from app.kit.db import Database
from app.services.imports.history import bring
from app.services.imports.mapping import MappingWrong, read_mapping
from app.services.imports.report import Count
from tests.integration.history import (
    ITEM_SUMS,
    SAMPLE,
    WIPE,
    bring_olist,
    broken,
    copy_of,
    fingerprint,
    item_sums_of_files,
    replace_in,
    rows,
    value,
)


@pytest.fixture(autouse=True)
def _empty(owner_connection: Any) -> None:
    owner_connection.execute(WIPE)


BREAKS: dict[str, tuple[str, str, str, list[tuple[str, int, str, str]]]] = {
    # name: (file, old, new, rows that must be reported first as (file, row, column, problem))
    "a bad number": (
        "order_items.csv",
        "p2,sB,2017-02-05 00:00:00,120,",
        "p2,sB,2017-02-05 00:00:00,12O,",
        [("order_items.csv", 4, "price", "not_amount")],
    ),
    "too many decimals": (
        "order_payments.csv",
        "3,171.81",
        "3,171.815",
        [("order_payments.csv", 2, "payment_value", "not_amount")],
    ),
    "an unknown product": (
        "order_items.csv",
        "o1,1,p1,",
        "o1,1,p9,",
        [("order_items.csv", 2, "product_id", "unknown_product")],
    ),
    "an unknown customer": (
        "orders.csv",
        "o1,c1,",
        "o1,c99,",
        [("orders.csv", 2, "customer_id", "unknown_customer")],
    ),
    "an unknown word": (
        "orders.csv",
        "o1,c1,delivered",
        "o1,c1,entregue",
        [("orders.csv", 2, "order_status", "unknown_status")],
    ),
    "a bad date": (
        "orders.csv",
        "2017-01-31 23:30:00",
        "31/01/2017",
        [("orders.csv", 2, "order_purchase_timestamp", "not_moment")],
    ),
    "a line that stands twice": (
        "order_items.csv",
        "o1,2,p1",
        "o1,1,p1",
        [("order_items.csv", 3, "order_item_id", "duplicate")],
    ),
    "a line that was cut off": (
        "order_items.csv",
        "o1,2,p1,sA,2017-02-05 00:00:00,19.9,8.5",
        "o1,2,p1,sA,2017-02-05 00:00:00,19.9",
        [("order_items.csv", 3, "", "fewer_fields")],
    ),
    "a line with a field too much": (
        "order_payments.csv",
        "o1,2,voucher,1,20",
        "o1,2,voucher,1,20,0",
        [("order_payments.csv", 3, "", "more_fields")],
    ),
    "an empty required field": (
        "order_items.csv",
        "o1,1,p1,sA,2017-02-05 00:00:00,19.9",
        "o1,1,p1,sA,2017-02-05 00:00:00,",
        [("order_items.csv", 2, "price", "required")],
    ),
}


@pytest.mark.parametrize("name", BREAKS)
async def test_a_bad_row_refuses_its_order_whole_and_no_other(
    database: Database, owner_url: URL, tmp_path: Path, name: str
) -> None:
    file, old, new, expected = BREAKS[name]
    folder = copy_of(SAMPLE, tmp_path / "broken")
    replace_in(folder / file, old, new)
    report = await bring_olist(folder)
    told = [(p.file, p.line, p.field, p.problem) for p in report.problems]
    assert set(expected) <= set(told)
    others = {(p.file, p.problem) for p in report.problems} - {(e[0], e[3]) for e in expected}
    assert {problem for _, problem in others} <= {"order_refused", "unknown_order"}
    assert await value(database, "select count(*) from orders") == 8
    assert report.counts["orders"] == Count(9, 8, 0, 1)
    assert report.counts["lines"] == Count(8, 5, 0, 3)
    assert report.counts["payments"] == Count(11, 9, 0, 2)
    assert report.totals.items_cents == sum(row[3] for row in await rows(database, ITEM_SUMS))
    assert all(p.text("zh_CN") != p.text("en") for p in report.problems)
    assert broken(owner_url) == []
    # Mended, the rest comes in, and it is as if nothing had been wrong.
    mended = await bring_olist(SAMPLE)
    assert mended.ok
    assert mended.counts["orders"] == Count(9, 1, 8, 0)
    assert set(await rows(database, ITEM_SUMS)) == item_sums_of_files(SAMPLE)
    assert broken(owner_url) == []


async def test_an_identifier_that_stands_twice(database: Database, tmp_path: Path) -> None:
    folder = copy_of(SAMPLE, tmp_path / "twice")
    for name, again in (("sellers.csv", "sB,1,x,SP\n"), ("products.csv", "p1,cha,1,1,1,9,1,1,1\n")):
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write(again)
    report = await bring_olist(folder)
    told = [(p.file, p.line, p.problem) for p in report.problems]
    assert told == [("sellers.csv", 5, "duplicate"), ("products.csv", 7, "duplicate")]
    assert report.counts["orders"].written == 9


def _latin(folder: Path) -> None:
    path = folder / "order_reviews.csv"
    path.write_bytes(path.read_text(encoding="utf-8").replace("Bom", "Ótimo").encode("latin-1"))


def _no_column(folder: Path) -> None:
    replace_in(folder / "order_items.csv", "freight_value", "frete")


def _cut_in_quotes(folder: Path) -> None:
    path = folder / "order_reviews.csv"
    path.write_text(path.read_text(encoding="utf-8").partition("Recomendo")[0], encoding="utf-8")


def _empty_file(folder: Path) -> None:
    (folder / "sellers.csv").write_text("", encoding="utf-8")


def _no_lines(folder: Path) -> None:
    (folder / "order_items.csv").unlink()


DOUBTS = {
    _latin: ("order_reviews.csv", 3, "", "not_encoded"),
    _no_column: ("order_items.csv", 1, "freight_value", "no_column"),
    _cut_in_quotes: ("order_reviews.csv", 2, "", "unfinished"),
    _empty_file: ("sellers.csv", 1, "", "no_header"),
    _no_lines: ("order_items.csv", 1, "", "no_file"),
}


@pytest.mark.parametrize("spoil", DOUBTS, ids=lambda spoil: spoil.__name__)
async def test_a_file_in_doubt_stops_the_import(
    database: Database, tmp_path: Path, spoil: Any
) -> None:
    before = await fingerprint(database)
    folder = copy_of(SAMPLE, tmp_path / "doubt")
    spoil(folder)
    report = await bring_olist(folder)
    assert (report.state, report.ok) == ("stopped", False)
    assert [(p.file, p.line, p.field, p.problem) for p in report.problems] == [DOUBTS[spoil]]
    assert await fingerprint(database) == before


async def test_another_encoding_and_separator_can_be_named(
    database: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "gb"
    folder.mkdir()
    (folder / "suppliers.csv").write_bytes("id;name\r\ns1;青釉陶坊\r\n".encode("gb18030"))
    mapping = tmp_path / "gb.toml"
    mapping.write_text('[source]\nname = "old"\nencoding = "gb18030"\nseparator = ";"\n')
    assert (await bring(SYSTEM, folder, read_mapping(mapping))).ok
    assert await value(database, "select name from merchants") == "青釉陶坊"


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("[source\n", "cannot be used"),
        ('[source]\ncurrency = "XXQ"\n', "XXQ is not a currency"),
        ('[source]\ntime_zone = "Mars/Olympus"\n', "not a time zone"),
        ('[source]\nencoding = "utf-99"\n', "not an encoding"),
        ('[status_words]\ngone = "lost"\n', "lost is none of"),
        ('[files]\nstuff = "a.csv"\n', "no such kind"),
        ('[columns.orders]\nid = "a"\n', "status is required"),
        ('[columns.orders]\nid = "a"\ncolour = "b"\n', "colour is none of"),
        ("[unknown]\n", "unknown"),
    ],
)
def test_a_mapping_that_does_not_fit(tmp_path: Path, content: str, word: str) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text(content)
    with pytest.raises(MappingWrong, match=word):
        read_mapping(path)

"""Amounts: read only where one thing is meant, and written with their currency's own decimals."""

import csv
import io
import re
from decimal import Decimal
from pathlib import Path

import pytest
from babel.numbers import get_currency_precision
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.charts import Reader
from app.analytics.charts.words import short_text, value_text
from app.analytics.measures import Unit
from app.kit.currencies import decimal_text, grouped_text, minor_digits, number_format, percent_text
from app.kit.errors import Invalid
from app.kit.i18n import gettext, money_text
from app.kit.money import BadAmount, parse_bps, parse_cents, parse_count
from app.kit.paths import PROJECT_ROOT
from app.queries.resource import Column, cell
from app.queries.sheets import CsvSheet
from state.screens import Field, read_values
from state.supplier.matrix import sku_drafts
from state.supplier.product_fields import _comparable

CURRENCIES = st.sampled_from(["CNY", "JPY", "KWD", "BRL", "CLP", "BHD"])
CENTS = st.integers(min_value=-(10**12), max_value=10**12)

READ = [
    ("1,234.50", "CNY", 123_450),
    ("1,234", "CNY", 123_400),
    ("1,234,567.8", "CNY", 123_456_780),
    ("１２．５０", "CNY", 1_250),
    ("￥１，２３４", "CNY", 123_400),
    ("¥12", "CNY", 1_200),
    ("12.5元", "CNY", 1_250),
    ("CNY 8", "CNY", 800),
    (".5", "CNY", 50),
    ("-3.10", "CNY", -310),
    ("248", "JPY", 248),
    ("1,248", "JPY", 1_248),
    ("248.375", "KWD", 248_375),
    ("R$ 9.90", "BRL", 990),
]
REFUSED = [
    ("12,50", "CNY", "This can be read in two ways. Write 12.50 or 1250."),
    ("1,00", "CNY", "This can be read in two ways. Write 1.00 or 100."),
    ("1.234,50", "CNY", "Write it with a point before the decimals alone: 1234.50"),
    ("1 234.50", "CNY", "Write it with a point before the decimals alone: 1234.50"),
    ("12,3456", "CNY", "Write it without separators: 123456"),
    ("12.345", "CNY", "Amounts in CNY have at most 2 decimals."),
    ("248.0", "JPY", "Amounts in JPY have no decimals."),
    ("1,234", "KWD", "This can be read in two ways. Write 1.234 or 1234."),
    ("1e5", "CNY", "Please enter an amount such as 12.50."),
    ("12元5角", "CNY", "Please enter an amount such as 12.50."),
    ("$5", "CNY", "Please enter an amount such as 12.50."),
    ("x", "JPY", "Please enter an amount such as 1250."),
    ("٣", "CNY", "Please enter an amount such as 12.50."),
    ("9" * 16, "CNY", "This is too large."),
]


@pytest.mark.parametrize(("typed", "currency", "cents"), READ)
def test_an_amount_that_means_one_thing_is_read(typed: str, currency: str, cents: int) -> None:
    assert parse_cents(typed, currency) == cents


@pytest.mark.parametrize(("typed", "currency", "message"), REFUSED)
def test_an_amount_that_could_mean_two_things_says_what_would_do(
    typed: str, currency: str, message: str
) -> None:
    with pytest.raises(BadAmount) as refused:
        parse_cents(typed, currency)
    assert gettext("en", refused.value.message) == message
    assert gettext("zh_CN", refused.value.message) != message


@given(CENTS, CURRENCIES)
def test_what_is_written_is_read_back(cents: int, currency: str) -> None:
    assert parse_cents(decimal_text(cents, currency), currency) == cents
    written = grouped_text(cents, currency)
    try:
        assert parse_cents(written, currency) == cents
    except BadAmount:
        # Three decimals: one comma before three digits alone could be either.
        assert minor_digits(currency) == 3
        assert "." not in written


@given(st.text(alphabet="0123456789., '-", max_size=14), CURRENCIES)
def test_a_reading_never_depends_on_which_sign_parts_the_decimals(
    typed: str, currency: str
) -> None:
    try:
        read = parse_cents(typed, currency)
    except BadAmount:
        return
    plain = typed.replace(",", "").replace(" ", "")
    assert Decimal(plain) * 10 ** minor_digits(currency) == read
    if "," in typed:
        # Only groups of three are parted, and never the last of all where it could be decimals.
        assert all(len(part.partition(".")[0]) == 3 for part in typed.strip().split(",")[1:])


def test_rates_and_counts_have_readers_of_their_own() -> None:
    assert (parse_bps("5.25 %"), parse_bps("１２％"), parse_bps("0.5")) == (525, 1_200, 50)
    assert (parse_count("1,234"), parse_count("１２"), parse_count("-3")) == (1_234, 12, -3)
    for typed in ("5,25", "5.255", "5‰", "1e2"):
        with pytest.raises(BadAmount):
            parse_bps(typed)
    for typed in ("1.5", "1,5", "12,34", "1_000", "1e3", "٣", "5.0"):
        with pytest.raises(BadAmount):
            parse_count(typed)
    assert (percent_text(525), percent_text(1_000), percent_text(0)) == ("5.25", "10", "0")


def test_dialogs_refuse_what_could_mean_two_things_at_its_field() -> None:
    fields = (
        Field("amount", "Amount", "money"),
        Field("rate", "Rate", "percent"),
        Field("units", "Units", "number"),
    )
    with pytest.raises(Invalid) as refused:
        read_values(fields, {"amount": "1,00", "rate": "12,5", "units": "1.5"})
    said = {name: gettext("en", message) for name, message in refused.value.fields.items()}
    assert said == {
        "amount": "This can be read in two ways. Write 1.00 or 100.",
        "rate": "This can be read in two ways. Write 12.5 or 125.",
        "units": "Please enter a whole number such as 12, without decimals.",
    }


@pytest.mark.parametrize(
    ("cents", "currency", "money", "plain", "number"),
    [
        (248, "JPY", "JP¥248", "248", "#,##0"),
        (1_234_567, "JPY", "JP¥1,234,567", "1234567", "#,##0"),
        (248_375, "KWD", "KWD\N{NO-BREAK SPACE}248.375", "248.375", "#,##0.000"),
        (123_450, "CNY", "¥1,234.50", "1234.50", "#,##0.00"),
        (-5, "BRL", "-R$0.05", "-0.05", "#,##0.00"),
    ],
)
def test_every_currency_has_its_own_decimals_everywhere(
    cents: int, currency: str, money: str, plain: str, number: str
) -> None:
    reader = Reader("en", currency)
    assert money_text(cents, currency) == money
    assert value_text(cents, Unit.MONEY, reader) == money
    assert cell(Column("x", "X", "x", "money"), cents, currency) == money
    assert decimal_text(cents, currency) == plain
    assert number_format(currency) == number
    columns = [Column("x", "X", "x", "money"), Column("currency", "Currency", "c", "code")]
    sheet = CsvSheet(columns, "en").piece([{"x": cents, "currency": currency}])
    assert next(csv.reader(io.StringIO(sheet.decode()))) == [plain, currency]


def test_an_axis_counts_in_the_currency_itself() -> None:
    assert short_text(248_000, Unit.MONEY, Reader("en", "JPY")) == "JP¥248K"
    assert short_text(248_000_000, Unit.MONEY, Reader("en", "KWD")).endswith("248K")
    assert short_text(24_800_000, Unit.MONEY, Reader("en", "CNY")) == "¥248K"


@given(st.sampled_from(["CNY", "JPY", "KWD", "ISK", "TND", "XYZ"]))
def test_the_table_of_decimals_is_babels(currency: str) -> None:
    assert minor_digits(currency) == get_currency_precision(currency)


# Nobody else scales amounts.

_SCALING = re.compile(
    r"/ ?100\b(?!\.)|//\s*100\b|\* ?100\b|\* 10 ?\*\* ?2\b|divmod\([^)]*, ?100\)|"
    r":,?\.[23]f|toFixed\(|get_currency_precision"
)
_OTHER_MATTERS = {
    "app/kit/currencies.py": "the one place",
    "app/analytics/snapshots/changes.py": "fingerprints of fractions",
    "app/bench": "times and shares of a measurement",
    "assets/charts.js": "an opacity in percent",
}


def _sources() -> list[Path]:
    found = [
        path
        for folder in ("app", "state", "components", "models", "assets")
        for kind in ("*.py", "*.js", "*.html", "*.sql")
        for path in (PROJECT_ROOT / folder).rglob(kind)
    ]
    return [path for path in found if ".min." not in path.name]


def test_no_other_module_scales_an_amount() -> None:
    wrong = [
        f"{path.relative_to(PROJECT_ROOT)}:{number}: {line.strip()}"
        for path in _sources()
        if not any(str(path.relative_to(PROJECT_ROOT)).startswith(one) for one in _OTHER_MATTERS)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if _SCALING.search(line)
    ]
    assert wrong == []


def test_a_matrix_compares_cells_by_what_they_mean_and_breaks_at_none() -> None:
    row = {"id": "7", "values": "[]", "code": "A", "supply": "1,234.5", "suggested": "12,50",
           "cost": "", "on_hand": "5", "low_at": "1,000", "active": "1"}  # fmt: skip
    assert _comparable("supply", row["supply"]) == "1234.50"
    assert _comparable("suggested", row["suggested"]) == "12,50"
    assert _comparable("low_at", row["low_at"]) == "1000"
    drafts, faults = sku_drafts([row], with_costs=False)
    assert drafts[0]["low_at"] == 1_000
    assert set(faults) == {"skus.0.suggested_cents"}

"""What becomes of pasted and chosen tables: rows, or a sentence that says what is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.errors import Invalid
from state.supplier.pasting import BulkCountState, Line, table_of
from tests.integration.ugly_files import UGLY


def _shown(content: bytes) -> str:
    """Return the text of a chosen file, as the browser decodes it."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030", "replace")


@pytest.mark.parametrize("name", UGLY)
def test_an_ugly_table_gives_rows_or_a_sentence(name: str) -> None:
    typed = _shown(UGLY[name][0])
    try:
        lines = table_of(typed)
    except Invalid as error:
        assert error.fields["typed"]
    else:
        assert all(line.number >= 1 and line.cells for line in lines)


def test_rows_keep_the_numbers_of_the_spreadsheet() -> None:
    assert table_of("编码;数量\r\n\r\nA-1;1,234\r\rB-2;5\n") == [
        Line(3, ["A-1", "1,234"]),
        Line(5, ["B-2", "5"]),
    ]


def test_a_quote_inside_a_cell_is_text() -> None:
    found = table_of('5" plate, 4\nA\t10" x 12"\n"B, red", 3\n"C ""x""",7')
    assert [line.cells for line in found] == [
        ['5" plate', "4"],
        ["A", '10" x 12"'],
        ["B, red", "3"],
        ['C "x"', "7"],
    ]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ('A,1\n\n"B,2\nC,3', "row 3 is never closed"),
        ("code,units,Units\nA,1,2", "Two columns are called units"),
        ("A,1\ufffd", "Save it as UTF-8"),
        ("PK\x03\x04\x00", "not a text table"),
    ],
)
def test_what_is_no_table_is_told_in_words(typed: str, words: str) -> None:
    with pytest.raises(Invalid) as caught:
        table_of(typed)
    message = caught.value.fields["typed"]
    assert words in message % getattr(message, "params", {})


def test_a_cell_that_cannot_be_kept_refuses_its_row_alone() -> None:
    first, second = table_of("A\0,1\nB,2")
    assert first.problem and not second.problem
    assert "\0" not in first.cells[0]


@given(st.text(alphabet=st.characters(), max_size=80))
def test_any_text_gives_rows_or_a_sentence(typed: str) -> None:
    try:
        lines = table_of(typed)
    except Invalid as error:
        assert error.fields["typed"]
    else:
        assert all(line.cells for line in lines)
    assert BulkCountState.permission

"""Specs × values: what a change of specs keeps, and what becomes of pasted and typed cells."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.errors import Invalid
from app.services.rules.variants import Spec, carried, combinations
from state.supplier import matrix
from state.supplier.pasting import table_of

RED, BLUE = "红", "蓝"


def test_a_product_without_specs_has_one_sku() -> None:
    assert combinations([]) == [()]


def test_the_same_combination_keeps_its_row() -> None:
    rows = {(RED,): 1, (BLUE,): 2}
    assert carried(rows, [[RED, BLUE]], [[BLUE, "绿"]]) == {(BLUE,): 2}


def test_a_new_spec_gives_the_rows_to_its_first_value() -> None:
    rows = {(RED,): 1, (BLUE,): 2}
    after = [[RED, BLUE], ["S", "L"]]
    assert carried(rows, [[RED, BLUE]], after) == {(RED, "S"): 1, (BLUE, "S"): 2}


def test_a_spec_that_goes_leaves_the_rows_of_its_first_value() -> None:
    rows = {(RED, "S"): 1, (RED, "L"): 2, (BLUE, "S"): 3, (BLUE, "L"): 4}
    before = [[RED, BLUE], ["S", "L"]]
    assert carried(rows, before, [["S", "L"]]) == {("S",): 1, ("L",): 2}
    assert carried(rows, before, [[RED, BLUE]]) == {(RED,): 1, (BLUE,): 3}


_values = st.lists(st.text("abcdef", min_size=1, max_size=3), min_size=1, max_size=3, unique=True)


@given(before=st.lists(_values, max_size=3), after=st.lists(_values, max_size=3))
def test_no_row_is_ever_given_twice(before: list[list[str]], after: list[list[str]]) -> None:
    rows = {combination: object() for combination in combinations(before)}
    kept = carried(rows, before, after)
    assert set(kept) <= set(combinations(after))
    assert len({id(row) for row in kept.values()}) == len(kept)


def _rows(*labels: str) -> list[matrix.Row]:
    return [matrix.blank_row((label,)) for label in labels]


def test_the_matrix_keeps_what_was_typed() -> None:
    rows = matrix.rebuilt([matrix.blank_row(())], [], [Spec("颜色", [RED])])
    rows[0]["code"] = "A-1"
    wider = matrix.rebuilt(rows, [Spec("颜色", [RED])], [Spec("颜色", [RED, BLUE])])
    assert [(row["label"], row["code"]) for row in wider] == [(RED, "A-1"), (BLUE, "")]


def test_a_spec_without_values_changes_nothing() -> None:
    rows = _rows(RED, BLUE)
    specs = [Spec("颜色", [RED, BLUE])]
    assert matrix.rebuilt(rows, specs, [*specs, Spec("尺寸")]) == rows


def test_more_than_200_skus_are_refused_before_they_are_made() -> None:
    many = [str(place) for place in range(15)]
    with pytest.raises(matrix.TooManySkus):
        matrix.rebuilt([], [], [Spec("a", many), Spec("b", many)])


def test_filling_down_numbers_codes_and_leaves_stock_of_old_skus() -> None:
    rows = [row | {"id": "old"} for row in _rows(RED)] + _rows(BLUE)
    rows[0] |= {"code": "MUG-7", "supply": "12.50", "on_hand": "40"}
    assert [row["code"] for row in matrix.filled_down(rows, "code")] == ["MUG-01", "MUG-02"]
    assert [row["supply"] for row in matrix.filled_down(rows, "supply")] == ["12.50", "12.50"]
    rows[0]["id"], rows[1]["id"] = "", "old"
    rows[1]["on_hand"] = "3"
    assert [row["on_hand"] for row in matrix.filled_down(rows, "on_hand")] == ["40", "3"]


def test_a_renamed_value_keeps_its_row() -> None:
    rows = _rows(RED, BLUE)
    rows[0]["code"] = "A"
    renamed = matrix.renamed(rows, 0, RED, "朱红")
    assert [(row["label"], row["code"]) for row in renamed] == [("朱红", "A"), (BLUE, "")]


def test_new_rows_that_are_switched_off_are_not_made() -> None:
    rows = _rows(RED, BLUE)
    rows[0]["active"] = ""
    assert matrix.made(rows) == [1]
    faults = matrix.at_rows({"skus.0.code": "x", "skus": "y", "title": "z"}, matrix.made(rows))
    assert faults == {"skus.1.code": "x", "title": "z"}


def test_costs_are_left_out_for_those_who_may_not_write_them() -> None:
    drafts, _ = matrix.sku_drafts(_rows(RED), with_costs=False)
    assert "cost_cents" not in drafts[0]


@pytest.mark.parametrize("typed", ["abc", "1.234", "1,2,3.x"])
def test_an_amount_that_is_none_is_told_at_its_cell(typed: str) -> None:
    rows = [_rows(RED)[0] | {"supply": typed}]
    _, faults = matrix.sku_drafts(rows, with_costs=False)
    assert "skus.0.supply_cents" in faults


def test_pasted_rows_are_read_with_commas_tabs_and_spaces() -> None:
    typed = "订单号,快递,单号\nA-1, 顺丰 , SF1\nA-2\t中通\t7\n\nA-3 jd JD9\nA-4，ems，E1"
    assert [line.cells for line in table_of(typed)] == [
        ["A-1", "顺丰", "SF1"],
        ["A-2", "中通", "7"],
        ["A-3", "jd", "JD9"],
        ["A-4", "ems", "E1"],
    ]


def test_too_many_pasted_rows_are_refused() -> None:
    with pytest.raises(Invalid):
        table_of("A, 1\n" * 1_001)

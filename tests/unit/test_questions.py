"""Questions of the explorer: through addresses and back, and what is left of one for its reader."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from app.access import PERMISSIONS, Actor, Scope
from app.analytics import questions
from app.analytics.explorer import Question, askable, dimensions_of, fitting_charts
from app.analytics.measures import MEASURES
from app.analytics.results import Chart
from app.analytics.slots import GRAINS
from app.analytics.views import DIMENSIONS, parse
from app.kit.ids import new_id

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)
ALL = frozenset(PERMISSIONS)
ACTORS = {
    scope: Actor(scope, new_id(), None if scope is Scope.PLATFORM else new_id(), permissions=ALL)
    for scope in (Scope.PLATFORM, Scope.SUPPLIER, Scope.DISTRIBUTOR)
}
words = st.sampled_from(["", "gmv_paid", "margin", "category", "no such", "-slot", "day", "a,b,,c"])
addresses = st.dictionaries(
    st.sampled_from(
        [
            "measures",
            "by",
            "grain",
            "chart",
            "sort",
            "rows",
            "period",
            "compare",
            "category",
            "from",
            "currency",
        ]
    ),
    words,
)


@settings(deadline=None)
@given(addresses)
def test_any_address_gives_a_question_that_its_own_address_gives_again(
    params: dict[str, str],
) -> None:
    question = questions.parse(params, AT)
    assert questions.parse(questions.query_of(question), AT) == question


@settings(deadline=None)
@given(
    st.sampled_from(sorted(ACTORS)),
    st.lists(st.sampled_from(sorted(MEASURES)), min_size=1, max_size=4, unique=True),
    st.lists(st.sampled_from(sorted(DIMENSIONS)), max_size=2, unique=True),
    st.sampled_from([None, *GRAINS]),
    st.sampled_from([None, *Chart]),
    st.sampled_from(["", "slot", "-gmv_paid", "category"]),
)
def test_what_is_left_of_a_question_can_be_asked(
    scope: Scope, measures: list[str], by: list[str], grain: str, chart: Chart, sort: str
) -> None:
    actor = ACTORS[scope]
    view = parse({"supplier": f"{new_id()}", "province": "浙江省"}, AT)
    asked = Question(tuple(measures), view, tuple(by), grain, chart, sort)  # type: ignore[arg-type]
    left = questions.settled(actor, asked)
    kept = left.question
    assert set(kept.measures) == set(measures) & {m.key for m in askable(actor)}
    for key in kept.measures:
        assert {*kept.by, *kept.view.filters} <= MEASURES[key].divides(scope)
    assert kept.chart is None or kept.chart in fitting_charts(kept)
    assert kept.grain != "hour"
    assert questions.settled(actor, kept).question == kept
    whole = (kept.measures, kept.by, kept.view.filters) == (asked.measures, asked.by, view.filters)
    assert whole == (not [said for said in left.lost if said != questions.LOST_GRAIN])


def test_a_reader_without_a_permission_keeps_what_they_may_see() -> None:
    actor = Actor(
        Scope.DISTRIBUTOR, new_id(), new_id(), permissions=frozenset({"distributor:store:read"})
    )
    question = questions.parse({"measures": "visitors,margin", "grain": "day"}, AT)
    left = questions.settled(actor, question)
    assert left.question.measures == ("visitors",)
    assert left.lost == (questions.LOST_MEASURE,)


def test_everybody_begins_with_a_question_that_they_may_ask() -> None:
    for actor in ACTORS.values():
        first = questions.first_question(actor, {}, AT)
        assert questions.settled(actor, first) == questions.Settled(first)
        assert dimensions_of(actor, first.measures)


def test_an_address_without_a_measure_keeps_the_rest_of_the_question() -> None:
    actor = next(iter(ACTORS.values()))
    said = {"by": "province", "period": "custom", "from": "2026-01-05", "to": "2026-02-03"}
    asked = questions.first_question(actor, said | {"currency": "BRL", "rows": "20"}, AT)
    assert (asked.by, asked.grain, asked.limit) == (("province",), None, 20)
    assert (asked.view.currency, f"{asked.view.period.first}") == ("BRL", "2026-01-05")
    assert questions.first_question(actor, {"grain": "week"}, AT).grain == "week"

"""Where a dashboard is made: an actor, a view, and what panels ask for again and again."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from app.access import Actor
from app.analytics import snapshots
from app.analytics.engine import measure_frame
from app.analytics.inquiry import WORDS
from app.analytics.measures import MEASURES, SCOPE_DIMENSIONS, Link, Measure
from app.analytics.periods import Period
from app.analytics.slots import Grain
from app.analytics.views import View
from app.kit.i18n import N_, gettext
from app.words import SOURCE

if TYPE_CHECKING:
    import polars as pl

UNFILTERED: Mapping[str, str] = {
    "category": N_("Not filtered by category: these figures are not available by category."),
    "province": N_("Not filtered by region: these figures are not available by region."),
    "supplier": N_("Not filtered by supplier: these figures are not available by supplier."),
    "distributor": N_(
        "Not filtered by distributor: these figures are not available by distributor."
    ),
    "store": N_("Not filtered by store: these figures are not available by store."),
    "product": N_("Not filtered by product: these figures are not available by product."),
    "source": N_("Not filtered by source: these figures are not available by source."),
    "campaign": N_("Not filtered by campaign: these figures are not available by campaign."),
}
"""What is said of a panel that cannot obey a filter."""
UNKNOWN = N_("Unknown")
_SOURCES = dict(SOURCE)


@dataclass(frozen=True)
class Span:
    """From a day to a day."""

    first: date
    last: date


@dataclass(frozen=True)
class Label:
    """What a value of a dimension is called, and its id as addresses have it."""

    key: str
    label: str
    label_en: str


@dataclass(frozen=True)
class Desk:
    """An actor at a view."""

    actor: Actor
    view: View

    @classmethod
    def of(cls, actor: Actor, view: View) -> "Desk":
        """Return the desk; filters that the actor's capacity does not know are left out."""
        known = SCOPE_DIMENSIONS[actor.scope]
        filters = {name: value for name, value in view.filters.items() if name in known}
        return cls(actor, replace(view, filters=filters))

    @property
    def period(self) -> Period:
        """The days that are looked at."""
        return self.view.period

    @property
    def grain(self) -> Grain:
        """The slots in which the period is drawn."""
        return "hour" if self.period.is_hourly else "day"

    def sees(self, *measures: Measure | str) -> bool:
        """Say whether the actor may see all of these measures."""
        return all(measure_of(measure).shown_to(self.actor) for measure in measures)

    def without(self, dimension: str) -> "Desk":
        """Return the desk without the filter on a dimension.

        What is divided by the dimension shows all its values, so that another can be chosen.
        """
        filters = {name: value for name, value in self.view.filters.items() if name != dimension}
        return replace(self, view=replace(self.view, filters=filters))

    def fitting(self, *measures: Measure | str) -> tuple["Desk", str]:
        """Return the desk with the filters that the measures have, and what is said of others."""
        possible = SCOPE_DIMENSIONS[self.actor.scope]
        for measure in measures:
            possible &= measure_of(measure).divides(self.actor.scope)
        desk = self
        for name in self.view.filters:
            if name not in possible:
                desk = desk.without(name)
        return desk, self.unfiltered(*possible)

    def unfiltered(self, *known: str) -> str:
        """Return what a panel says that knows these dimensions only; nothing if they suffice."""
        lost = (name for name in self.view.filters if name not in known)
        return next((UNFILTERED[name] for name in lost), "")

    async def frame(
        self,
        *measures: Measure | str,
        by: Sequence[str] = (),
        grain: Grain | None = None,
        compared: bool = False,
        only: Mapping[str, Collection[int | str]] | None = None,
    ) -> "pl.DataFrame":
        """Ask the engine; see ``measure_frame``."""
        return await measure_frame(
            self.actor,
            self.view,
            measures=measures,
            by=by,
            grain=grain,
            compared=compared,
            only=only,
        )

    def link(
        self,
        measure: Measure | str,
        chosen: Mapping[str, str] | None = None,
        days: Span | None = None,
    ) -> Link | None:
        """Return the rows behind a figure, of the filters and the chosen values."""
        leads = measure_of(measure).leads_of(self.actor.scope)
        both = {**self.view.filters, **(chosen or {})}
        return leads.narrowed(self.actor, days or self.period, both, self.view.currency)

    def page_link(self, measure: Measure | str, days: Span | None = None) -> Link | None:
        """Return the page behind a figure that obeys no filter."""
        leads = measure_of(measure).leads_of(self.actor.scope)
        return leads.link(self.actor, days or self.period, currency=self.view.currency)

    def slot_link(
        self,
        measure: Measure | str,
        slot: date,
        grain: Grain,
        chosen: Mapping[str, str] | None = None,
    ) -> Link | None:
        """Return the rows behind a slot."""
        return self.link(measure, chosen, slot_span(slot, grain, self.period))

    async def labels(self, dimension: str, keys: Iterable[int | str]) -> dict[int | str, Label]:
        """Return what values of a dimension are called."""
        wanted = list(keys)
        if dimension in WORDS:
            return await self._words(dimension, [str(key) for key in wanted if key])
        named = await snapshots.names(
            self.actor, dimension, [k for k in wanted if isinstance(k, int)]
        )
        return {key: Label(f"{name.id}", name.label, name.label_en) for key, name in named.items()}

    async def _words(self, dimension: str, words: Sequence[str]) -> dict[int | str, Label]:
        """Return what words are called: known sources in both languages, campaigns by name."""
        if dimension == "source":
            said = [(word, _SOURCES.get(word, word)) for word in words]
            return {word: Label(word, gettext("zh_CN", name), name) for word, name in said}
        named = await snapshots.campaign_names(self.actor, words) if dimension == "campaign" else {}
        names = {word: named.get(word, word) for word in words}
        return {word: Label(word, name, name) for word, name in names.items()}


def measure_of(measure: Measure | str) -> Measure:
    """Return a measure that is given by itself or by its key."""
    return MEASURES[measure] if isinstance(measure, str) else measure


def slot_span(slot: date, grain: Grain, period: Period) -> Span:
    """Return the days of a slot that lie in the period."""
    first = date(slot.year, slot.month, slot.day)
    length = {"week": 6, "month": 30}.get(grain, 0)
    last = first + timedelta(days=length)
    if grain == "month":
        last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return Span(max(first, period.first), min(last, period.last))

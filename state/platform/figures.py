"""The explorer, saved analyses and mailed reports in the platform's workspace."""

from typing import ClassVar

import reflex as rx

from app.queries.lists.figures import ANALYSES, DELIVERIES, SCHEDULES
from state.analyses import AnalysesState, analysis_actions
from state.exploring import ExploreState
from state.reports import DeliveriesState, SchedulesState, schedule_actions


class PlatformExplorer(ExploreState, rx.State):
    """Free questions."""

    permission: ClassVar[str] = "platform:analytics:read"


class PlatformAnalysesState(AnalysesState, rx.State):
    """Saved ones."""

    resource: ClassVar = ANALYSES["platform"]
    actions: ClassVar = analysis_actions("platform")


class PlatformSchedulesState(SchedulesState, rx.State):
    """Mailed reports."""

    resource: ClassVar = SCHEDULES["platform"]
    actions: ClassVar = schedule_actions("platform")


class PlatformDeliveriesState(DeliveriesState, rx.State):
    """What became of them."""

    resource: ClassVar = DELIVERIES["platform"]

"""The explorer, saved analyses and mailed reports in the distributor's workspace."""

from typing import ClassVar

import reflex as rx

from app.queries.lists.figures import ANALYSES, DELIVERIES, SCHEDULES
from state.analyses import AnalysesState, analysis_actions
from state.exploring import ExploreState
from state.reports import DeliveriesState, SchedulesState, schedule_actions


class DistributorExplorer(ExploreState, rx.State):
    """Free questions."""

    permission: ClassVar[str] = "distributor:analytics:read"


class DistributorAnalysesState(AnalysesState, rx.State):
    """Saved ones."""

    resource: ClassVar = ANALYSES["distributor"]
    actions: ClassVar = analysis_actions("distributor")


class DistributorSchedulesState(SchedulesState, rx.State):
    """Mailed reports."""

    resource: ClassVar = SCHEDULES["distributor"]
    actions: ClassVar = schedule_actions("distributor")


class DistributorDeliveriesState(DeliveriesState, rx.State):
    """What became of them."""

    resource: ClassVar = DELIVERIES["distributor"]

"""The explorer, saved analyses and mailed reports in the supplier's workspace."""

from typing import ClassVar

import reflex as rx

from app.queries.lists.figures import ANALYSES, DELIVERIES, SCHEDULES
from state.analyses import AnalysesState, analysis_actions
from state.exploring import ExploreState
from state.reports import DeliveriesState, SchedulesState, schedule_actions


class SupplierExplorer(ExploreState, rx.State):
    """Free questions."""

    permission: ClassVar[str] = "supplier:analytics:read"


class SupplierAnalysesState(AnalysesState, rx.State):
    """Saved ones."""

    resource: ClassVar = ANALYSES["supplier"]
    actions: ClassVar = analysis_actions("supplier")


class SupplierSchedulesState(SchedulesState, rx.State):
    """Mailed reports."""

    resource: ClassVar = SCHEDULES["supplier"]
    actions: ClassVar = schedule_actions("supplier")


class SupplierDeliveriesState(DeliveriesState, rx.State):
    """What became of them."""

    resource: ClassVar = DELIVERIES["supplier"]

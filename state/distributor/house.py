"""Administration in a distributor's workspace."""

from typing import ClassVar

import reflex as rx

from app.queries.lists.house import AUDIT, STAFF
from state.house.audit import AuditState
from state.house.roles import RolesState
from state.house.staff import StaffState, staff_actions


class DistributorStaffState(StaffState, rx.State):
    """Its people."""

    resource: ClassVar = STAFF["distributor"]
    actions: ClassVar = staff_actions("distributor")


class DistributorRolesState(RolesState, rx.State):
    """Its roles."""

    permission: ClassVar[str] = "distributor:roles:read"


class DistributorAuditState(AuditState, rx.State):
    """Its audit trail."""

    resource: ClassVar = AUDIT["distributor"]

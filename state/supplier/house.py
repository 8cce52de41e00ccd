"""Administration in a supplier's workspace."""

from typing import ClassVar

import reflex as rx

from app.queries.lists.house import AUDIT, STAFF
from state.house.audit import AuditState
from state.house.roles import RolesState
from state.house.staff import StaffState, staff_actions


class SupplierStaffState(StaffState, rx.State):
    """Its people."""

    resource: ClassVar = STAFF["supplier"]
    actions: ClassVar = staff_actions("supplier")


class SupplierRolesState(RolesState, rx.State):
    """Its roles."""

    permission: ClassVar[str] = "supplier:roles:read"


class SupplierAuditState(AuditState, rx.State):
    """Its audit trail."""

    resource: ClassVar = AUDIT["supplier"]

"""Administration in the platform's workspace."""

from typing import ClassVar

import reflex as rx

from app.queries.lists.house import AUDIT, STAFF
from state.house.audit import AuditState
from state.house.roles import RolesState
from state.house.staff import StaffState, staff_actions


class PlatformStaffState(StaffState, rx.State):
    """Its people."""

    resource: ClassVar = STAFF["platform"]
    actions: ClassVar = staff_actions("platform")


class PlatformRolesState(RolesState, rx.State):
    """Its roles."""

    permission: ClassVar[str] = "platform:roles:read"


class PlatformAuditState(AuditState, rx.State):
    """Its audit trail."""

    resource: ClassVar = AUDIT["platform"]

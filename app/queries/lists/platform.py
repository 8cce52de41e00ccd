"""What the platform's lists show."""

from app.kit.i18n import N_
from app.queries.lists.words import MERCHANT_STATUS
from app.queries.resource import Column, Filter, Resource

MERCHANTS = Resource(
    name="merchants",
    title=N_("Merchants"),
    permission="platform:merchants:read",
    source="merchants m left join merchant_details d on d.merchant_id = m.id",
    key="m.id",
    columns=(
        Column("name", N_("Company"), "m.name", "title", sort="m.name", link="merchants/{code}"),
        Column("code", N_("Short name"), "m.code", "code", sort="m.code"),
        Column(
            "roles",
            N_("Roles"),
            "case when m.is_supplier and m.is_distributor then 'BOTH'"
            " when m.is_supplier then 'SUPPLIER' else 'DISTRIBUTOR' end",
            "status",
            words=(
                ("BOTH", N_("Supplier and distributor")),
                ("SUPPLIER", N_("Supplier")),
                ("DISTRIBUTOR", N_("Distributor")),
            ),
        ),
        Column("status", N_("Status"), "m.status", "status", sort="m.status",
               words=MERCHANT_STATUS),
        Column("contact", N_("Contact"), "d.contact_name", hidden=True),
        Column("phone", N_("Phone"), "d.contact_phone", "code", hidden=True),
        Column("license", N_("Licence number"), "d.license_no", "code", hidden=True),
        Column("settle_days", N_("Settles after (days)"), "m.settle_days", "quantity",
               on_phone=False),
        Column("created_at", N_("Applied"), "m.created_at", "moment", sort="m.created_at",
               on_phone=False),
    ),
    filters=(
        Filter("status", N_("Status"), "m.status = :status", choices=MERCHANT_STATUS),
        Filter("role", N_("Role"),
               "case :role when 'supplier' then m.is_supplier else m.is_distributor end",
               choices=(("supplier", N_("Supplier")), ("distributor", N_("Distributor")))),
        Filter("applied", N_("Applied"), "m.created_at", kind="dates"),
    ),
    search="m.name ilike '%' || :like or m.code like :like or d.contact_phone like '%' || :like",
    search_hint=N_("Company, short name, phone"),
    default_sort="-created_at",
)  # fmt: skip

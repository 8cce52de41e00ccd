"""No name of the program's inside stands where people read: columns, codes and jobs have words."""

import importlib
import pkgutil
import re
from typing import Any

import pytest
from sqlmodel import SQLModel

import models
from app.jobs.tasks import blueprint
from app.queries.changes import NEVER_SHOWN, VALUE_WORDS, changes_text
from app.queries.lists.audit_words import AUDIT_COLUMN, AUDIT_TABLE
from app.queries.lists.house import JOB_NAMES
from app.queries.record_names import label_of
from state.house.audit import ACTED

for _found in pkgutil.iter_modules(models.__path__):
    importlib.import_module(f"models.{_found.name}")


@pytest.mark.parametrize("table", dict(AUDIT_TABLE))
def test_every_audited_column_has_a_word_or_is_never_shown(table: str) -> None:
    columns = {column.name for column in SQLModel.metadata.tables[table].columns}
    assert columns - dict(AUDIT_COLUMN).keys() - NEVER_SHOWN == set()


def test_every_job_has_a_name() -> None:
    jobs = {name.rsplit(":", maxsplit=1)[-1] for name in blueprint.tasks}
    assert jobs - dict(JOB_NAMES).keys() == set()


@pytest.mark.parametrize(
    ("locale", "tibet", "xinjiang"), [("en", "Tibet", "Xinjiang"), ("zh_CN", "西藏", "新疆")]
)
def test_provinces_are_named_in_the_readers_language(
    locale: str, tibet: str, xinjiang: str
) -> None:
    after = {"is_default": True, "refused_regions": ["54"], "region_surcharges": {"65": 1500}}
    text = changes_text({"table": "freight_templates", "after": after}, locale)
    assert tibet in text
    assert re.search(f"{xinjiang}\\S* ¥15.00", text)
    assert "_" not in text


TERMS = {"kind": "markup", "bps": 2500, "add_cents": 0, "charm": "nine"}


@pytest.mark.parametrize(
    ("entry", "written"),
    [
        ({"table": "listing_terms", "after": {"cost_policy": "FOLLOW_MARGIN"}},
         "When the cost rises: – → Follow the margin"),
        ({"table": "listing_terms", "before": {"pricing": TERMS},
          "after": {"pricing": TERMS | {"bps": 3000}}}, "Markup: 25 % → 30 %"),
        ({"table": "store_terms", "after": {"pricing": TERMS}},
         "Price: – → Supply price plus markup\nMarkup: – → 25 %\nEnding: – → Up to .90"),
        ({"table": "stores", "before": {"theme": {"accent": "#112233", "banner_text": ""}},
          "after": {"theme": {"accent": "#445566", "banner_text": "Tea"}}},
         "Accent color: #112233 → #445566\nBanner text: – → Tea"),
        ({"table": "payments", "after": {"provider": "imported"}},
         "Payment provider: – → Paid at the source"),
        ({"table": "role_permissions", "after": {"permission": "supplier:orders:read"}},
         "Permission: – → Orders · View"),
        ({"table": "platform_settings", "before": {"key": "reservation", "value": {"minutes": 30}},
          "after": {"key": "reservation", "value": {"minutes": 45}}},
         "Setting: Unpaid orders → Unpaid orders\nMinutes until an unpaid order ends: 30 → 45"),
        ({"table": "analyses", "after": {"question": {"by": ["store_id"]}}},
         "Question: – → As stored"),
    ],
)  # fmt: skip
def test_codes_and_parts_of_values_are_said_in_words(entry: Any, written: str) -> None:
    assert changes_text(entry, "en") == written


def test_a_setting_is_called_by_its_name() -> None:
    label = label_of("reservation", {"table": "platform_settings"}, {})
    assert dict(VALUE_WORDS)[label] == "Unpaid orders"


def test_who_applied_for_a_company_is_no_buyer() -> None:
    assert dict(ACTED)["public"] == "Applicant"
    assert "Buyer" not in dict(ACTED).values()

"""No name of the program's inside stands where people read: columns, codes and jobs have words."""

import importlib
import pkgutil

import pytest
from sqlmodel import SQLModel

import models
from app.jobs.tasks import blueprint
from app.kit.regions import NAMES
from app.queries.changes import NEVER_SHOWN, VALUE_WORDS, changes_of, changes_text
from app.queries.lists.audit_words import AUDIT_COLUMN, AUDIT_TABLE
from app.queries.lists.house import JOB_NAMES

for _found in pkgutil.iter_modules(models.__path__):
    importlib.import_module(f"models.{_found.name}")


@pytest.mark.parametrize("table", dict(AUDIT_TABLE))
def test_every_audited_column_has_a_word_or_is_never_shown(table: str) -> None:
    columns = {column.name for column in SQLModel.metadata.tables[table].columns}
    assert columns - dict(AUDIT_COLUMN).keys() - NEVER_SHOWN == set()


def test_every_job_has_a_name() -> None:
    jobs = {name.rsplit(":", maxsplit=1)[-1] for name in blueprint.tasks}
    assert jobs - dict(JOB_NAMES).keys() == set()


def test_provinces_are_named_and_codes_are_said_in_words() -> None:
    entry = {
        "table": "freight_templates",
        "after": {"is_default": True, "refused_regions": ["54"], "region_surcharges": {"65": 1500}},
    }
    text = changes_text(entry, "en")
    assert NAMES["54"] in text
    assert f"{NAMES['65']} ¥15.00" in text
    assert "_" not in text
    coded = {"table": "listing_terms", "after": {"cost_policy": "FOLLOW_MARGIN"}}
    (change,) = changes_of(coded)
    assert dict(VALUE_WORDS)[change.after] == "Follow the margin"

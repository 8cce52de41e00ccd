"""``tongshang import`` as people and machines meet it."""

import json
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from tests.integration.history import MAPPING, SAMPLE
from tests.integration.test_command_line import UNREACHABLE, refused, run


@pytest.fixture
def database(owner_url: URL) -> dict[str, str]:
    text = owner_url.set(drivername="postgresql").render_as_string(hide_password=False)
    return {"TONGSHANG_DATABASE_URL": text}


def test_history_comes_in_by_the_command_line(tmp_path: Path, database: dict[str, str]) -> None:
    command = ("import", str(SAMPLE), "--mapping", str(MAPPING))
    trial = json.loads(run(tmp_path, *command, "--dry-run", "--json", **database).out)
    first = run(tmp_path, *command, "--json", **database)
    told = json.loads(first.out)
    assert (first.code, told["ok"], told["state"]) == (0, True, "done")
    assert (told["items_cents"], told["freight_cents"], told["payments_cents"]) == (
        42634,
        7404,
        79094,
    )
    assert told["counts"]["orders"] == {"read": 9, "written": 9, "unchanged": 0, "refused": 0}
    assert (trial["state"], trial["counts"]) == ("checked", told["counts"])
    assert "orders: 9 of 9" in first.err
    again = json.loads(run(tmp_path, *command, "--json", **database).out)
    assert again["counts"]["orders"] == {"read": 9, "written": 0, "unchanged": 9, "refused": 0}
    assert run(tmp_path, "verify", **database).code == 0


def test_a_refused_row_is_told_with_its_place_and_remedy(
    tmp_path: Path, database: dict[str, str]
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "suppliers.csv").write_text("id,name\ns1,A\ns1,B\n", encoding="utf-8")
    said = run(tmp_path, "import", str(folder), LANG="en_GB.UTF-8", LC_ALL="", **database)
    assert said.code == 1
    assert said.out.startswith("suppliers.csv:3 id: This identifier stands in an earlier row too.")
    said = run(tmp_path, "import", str(folder), LANG="zh_CN.UTF-8", LC_ALL="", **database)
    assert "该编号在前面的行中已经出现" in said.out


def test_an_import_that_cannot_begin(tmp_path: Path, database: dict[str, str]) -> None:
    refused(run(tmp_path, "import", str(tmp_path / "none"), **database), "holds no file")
    mapping = tmp_path / "mapping.toml"
    mapping.write_text("[source]\ncurrency = 'gold'\n")
    command = ("import", str(SAMPLE), "--mapping", str(mapping))
    refused(run(tmp_path, *command, **database), "mapping.toml", "source.currency")
    refused(run(tmp_path, "import", str(SAMPLE), **UNREACHABLE), "cannot be reached")

"""A build leaves the checkout as it found it, so that the next start does not build again."""

from pathlib import Path

import pytest

from app.server import frontend


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(frontend, "PROJECT_ROOT", tmp_path)
    folder = tmp_path / "reflex.lock"
    folder.mkdir()
    (folder / "package.json").write_text('{"react": "1"}')
    (folder / "package-lock.json").write_text("lock")
    return folder


def test_what_npm_notes_of_its_surroundings_is_undone(lock: Path) -> None:
    before, print_before = frontend._lock_files(), frontend.fingerprint()
    (lock / "package-lock.json").write_text("lock, resolved somewhere")
    assert frontend.fingerprint() != print_before
    frontend._keep_lock(before)
    assert (lock / "package-lock.json").read_text() == "lock"
    assert frontend.fingerprint() == print_before


def test_another_package_stays_in_the_lock(lock: Path) -> None:
    before = frontend._lock_files()
    (lock / "package.json").write_text('{"react": "2"}')
    (lock / "package-lock.json").write_text("another lock")
    frontend._keep_lock(before)
    assert (lock / "package-lock.json").read_text() == "another lock"

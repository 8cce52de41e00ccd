"""What somebody typed does not reach the log when something breaks."""

import pytest
import structlog

from app.kit import logs


def test_a_traceback_shows_no_values(capsys: pytest.CaptureFixture[str]) -> None:
    def breaks(typed: str) -> None:
        raise ValueError(f"{len(typed)} letters are too many")

    before = structlog.get_config()
    try:
        logs.configure()
        try:
            breaks("138" + "00138000")
        except ValueError as error:
            structlog.get_logger().error("event_failed", exc_info=error)
    finally:
        structlog.configure(**before)
    said = capsys.readouterr().out
    assert "event_failed" in said
    assert "ValueError: 11 letters are too many" in said
    assert "13800138000" not in said

"""How a process writes its log: a line for each event, and tracebacks without anybody's data."""

import structlog


def configure() -> None:
    """Write tracebacks without the values of local variables, which hold what people typed."""
    renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], renderer])

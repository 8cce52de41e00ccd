"""The queue's application object. It opens no connection until a worker runs it."""

import procrastinate

from app.server.lifespan import app_database_url


def make_queue() -> procrastinate.App:
    """Return the queue on the app's database, with all tasks of ``app.jobs.tasks`` registered."""
    from app.jobs.tasks import blueprint

    url = app_database_url().replace("postgresql+psycopg://", "postgresql://")
    queue = procrastinate.App(
        connector=procrastinate.PsycopgConnector(conninfo=url, min_size=1, max_size=4)
    )
    queue.add_tasks_from(blueprint, namespace="tongshang")
    return queue

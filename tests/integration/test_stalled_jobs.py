"""What a killed worker had begun is done by the next one."""

import procrastinate
import psycopg
import pytest
from sqlalchemy.engine import URL

from app.jobs.stalled import take_up_stalled
from app.jobs.tasks import blueprint


@pytest.fixture
def jobs(owner_url: URL) -> psycopg.Connection[tuple[int, str, str]]:
    url = owner_url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(url, autocommit=True)


async def test_a_job_of_a_dead_worker_is_taken_up_again(
    jobs: psycopg.Connection[tuple[int, str, str]], app_url: str
) -> None:
    """Failed before: a mail that was being sent when its worker was killed was never sent."""
    jobs.execute(
        "with dead as (insert into procrastinate_workers (last_heartbeat)"
        "  values (now() - interval '5 minutes') returning id),"
        " alive as (insert into procrastinate_workers (last_heartbeat) values (now()) returning id)"
        " insert into procrastinate_jobs (queue_name, task_name, status, queueing_lock, worker_id)"
        " select 'default', v.task, v.status::procrastinate_job_status, v.lock,"
        "  case v.worker when 'dead' then dead.id when 'alive' then alive.id end"
        " from dead, alive, (values ('tongshang:send_mail', 'doing', null, 'dead'),"
        "  ('tongshang:mail_reset_link', 'doing', null, 'alive'),"
        "  ('tongshang:settle', 'doing', 'settle', 'dead'),"
        "  ('tongshang:settle', 'todo', 'settle', '')) v (task, status, lock, worker)"
    )
    url = app_url.replace("postgresql+psycopg://", "postgresql://")
    queue = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))
    queue.add_tasks_from(blueprint, namespace="tongshang")
    async with queue.open_async():
        assert await take_up_stalled(queue.job_manager) == 1
    found = jobs.execute("select task_name, status::text from procrastinate_jobs").fetchall()
    assert sorted(found) == [
        ("tongshang:mail_reset_link", "doing"),
        ("tongshang:send_mail", "todo"),
        ("tongshang:settle", "todo"),
    ]

"""Jobs whose worker died while it did them: a killed process marks nothing as failed."""

import structlog
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Status
from procrastinate.manager import JobManager

log = structlog.get_logger()


async def take_up_stalled(manager: JobManager) -> int:
    """Put jobs of dead workers into the queue again; return how many.

    Tasks may be done twice, as after any crash, so they are written for that. One of which
    another is waiting already is left to that one.
    """
    taken_up = 0
    for job in await manager.get_stalled_jobs():
        try:
            await manager.retry_job(job)
        except (UniqueViolation, ConnectorException):
            assert job.id is not None
            await manager.finish_job_by_id_async(job.id, Status.FAILED, delete_job=True)
        else:
            taken_up += 1
            log.warning("job taken up again", task=job.task_name, job=job.id)
    return taken_up

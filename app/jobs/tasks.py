"""The durable tasks: deferred ones, and those that the clock starts."""

import procrastinate

blueprint = procrastinate.Blueprint()


@blueprint.periodic(cron="* * * * * */15")
@blueprint.task(name="expire_orders", queueing_lock="expire_orders")
async def expire_orders(timestamp: int) -> None:
    """Close orders that were not paid in time."""
    from app.services.closing import expire_orders as run

    await run()


@blueprint.periodic(cron="* * * * * */20")
@blueprint.task(name="poll_payments", queueing_lock="poll_payments")
async def poll_payments(timestamp: int) -> None:
    """Ask providers about payments whose callback is missing."""
    from app.services.payments import poll_pending

    await poll_pending()


@blueprint.task(name="submit_refunds", queueing_lock="submit_refunds")
async def submit_refunds() -> None:
    """Send promised refunds to their providers."""
    from app.services.refunds import submit_refunds as run

    await run()


@blueprint.periodic(cron="* * * * * */30")
@blueprint.task(name="retry_refunds", queueing_lock="retry_refunds")
async def retry_refunds(timestamp: int) -> None:
    """Ask again about refunds without a clear answer."""
    from app.services.refunds import submit_refunds as run

    await run()


@blueprint.periodic(cron="* * * * * */10")
@blueprint.task(name="track_parcels", queueing_lock="track_parcels")
async def track_parcels(timestamp: int) -> None:
    """Follow the demo courier's parcels."""
    from app.services.tracking import track_demo_parcels

    await track_demo_parcels()


@blueprint.periodic(cron="* * * * * */10")
@blueprint.task(name="refresh_sold_out", queueing_lock="refresh_sold_out")
async def refresh_sold_out(timestamp: int) -> None:
    """Show in all stores what was sold out, or came back, with the orders of the last minutes."""
    from app.services.shelf import refresh_recently_sold

    await refresh_recently_sold()


@blueprint.periodic(cron="41 4 * * *")
@blueprint.task(name="refresh_all_stores", queueing_lock="refresh_all_stores")
async def refresh_all_stores(timestamp: int) -> None:
    """Compare what every store shows with its stock and sales."""
    from app.services.shelf import refresh_all

    await refresh_all()


@blueprint.periodic(cron="*/5 * * * *")
@blueprint.task(name="settle", queueing_lock="settle")
async def settle(timestamp: int) -> None:
    """Receive, complete and release what is due."""
    from app.services.fulfilment import complete_overdue, receive_overdue
    from app.services.settlement import release_due

    await receive_overdue()
    await complete_overdue()
    await release_due()


@blueprint.periodic(cron="* * * * *")
@blueprint.task(name="take_up_stalled", queueing_lock="take_up_stalled", pass_context=True)
async def take_up_stalled(context: procrastinate.JobContext, timestamp: int) -> None:
    """Do again what a worker that died had begun."""
    from app.jobs.stalled import take_up_stalled as run

    await run(context.app.job_manager)


@blueprint.task(
    name="send_mail", retry=procrastinate.RetryStrategy(max_attempts=8, exponential_wait=4)
)
async def send_mail(sealed: str) -> None:
    """Send one mail; a server that is down is asked again for about a day."""
    from app.services.mails import send_sealed

    await send_sealed(sealed)


# What happened to buyers' orders has no job of its own: it is looked for by the clock.
@blueprint.periodic(cron="* * * * * */30")
@blueprint.task(name="mail_notices", queueing_lock="mail_notices")
async def mail_notices(timestamp: int = 0) -> None:
    """Mail what members of workspaces and buyers are to be told, each once."""
    from app.services.notice_mails import send_waiting

    await send_waiting()


@blueprint.periodic(cron="*/10 * * * *")
@blueprint.task(name="watch_deadlines", queueing_lock="watch_deadlines")
async def watch_deadlines(timestamp: int) -> None:
    """Tell suppliers of overdue orders and of goods that run out."""
    from app.services.deadlines import watch

    await watch()


@blueprint.task(name="mail_reset_link", retry=3)
async def mail_reset_link(sealed: str) -> None:
    """Mail a link for a forgotten password to the user of an address, where there is one."""
    from app.services.accounts import mail_reset_link as run

    await run(sealed)


@blueprint.task(name="carry_out_import")
async def carry_out_import(run_id: str) -> None:
    """Check or import what the platform's people laid ready."""
    from uuid import UUID

    from app.server.bulk import bulk_writer
    from app.server.lifespan import owner_database_url
    from app.services.imports.working import carry_out

    async with bulk_writer(owner_database_url()) as writer:
        await carry_out(UUID(run_id), writer)


@blueprint.periodic(cron="* * * * * */10")
@blueprint.task(name="take_up_imports", queueing_lock="take_up_imports")
async def take_up_imports(timestamp: int) -> None:
    """Go on with imports whose worker died, or that wait for another one."""
    from app.services.imports.working import take_up_lost

    await take_up_lost()


@blueprint.periodic(cron="17 4 * * *")
@blueprint.task(name="tidy_sessions", queueing_lock="tidy_sessions")
async def tidy_sessions(timestamp: int) -> None:
    """Forget sessions and tokens that ended long ago, and files that nobody imported."""
    from app.services.imports.working import tidy as tidy_imports
    from app.services.sessions import tidy

    await tidy()
    await tidy_imports()


@blueprint.periodic(cron="*/2 * * * *")
@blueprint.task(name="send_reports", queueing_lock="send_reports")
async def send_reports(timestamp: int) -> None:
    """Mail the reports that are due."""
    from app.services.reports.delivering import send_due

    await send_due()


@blueprint.periodic(cron="31 4 * * *")
@blueprint.task(name="tidy_reports", queueing_lock="tidy_reports")
async def tidy_reports(timestamp: int) -> None:
    """Forget what became of reports long ago."""
    from app.services.reports.delivering import forget_old

    await forget_old()


# Two minutes past, so that the day that ended at midnight closes soon after it.
@blueprint.periodic(cron="2-59/5 * * * *")
@blueprint.task(name="refresh_snapshots", queueing_lock="refresh_snapshots")
async def refresh_snapshots(timestamp: int = 0) -> None:
    """Take closed days to the analytics' files, and what changed of them late."""
    from app.analytics.snapshots.refresh import refresh

    await refresh()


# In the night of the business zone; the queue's clock is UTC.
@blueprint.periodic(cron="17 19 * * *")
@blueprint.task(name="audit_snapshots", queueing_lock="audit_snapshots")
async def audit_snapshots(timestamp: int) -> None:
    """Compare every closed day of the analytics' files with the tables."""
    from app.analytics.snapshots.refresh import refresh

    await refresh(audit=True)


@blueprint.periodic(cron="* * * * *")
@blueprint.task(name="count_sources", queueing_lock="count_sources")
async def count_sources(timestamp: int) -> None:
    """Add up what the sources of visitors brought today and yesterday."""
    from app.services.traffic import refresh_sources

    await refresh_sources()


@blueprint.periodic(cron="23 4 * * *")
@blueprint.task(name="tidy_visits", queueing_lock="tidy_visits")
async def tidy_visits(timestamp: int) -> None:
    """Add late payments to their sources, and forget visitors of long ago."""
    from app.services.traffic import tidy

    await tidy()


@blueprint.task(name="verify", queueing_lock="verify")
async def verify(run_id: str) -> None:
    """Compare every invariant, for the platform's page of the system's health."""
    from uuid import UUID

    from app.analytics.snapshots.checking import check
    from app.server.lifespan import app_database_url
    from app.services.verify_runs import carry_out

    await carry_out(UUID(run_id), app_database_url(), more=check)


@blueprint.periodic(cron="* * * * * */30")
@blueprint.task(name="index_products", queueing_lock="index_products")
async def index_products(timestamp: int) -> None:
    """Index products that came in by a file, or whose category was renamed."""
    from app.services.search_index import index_stale_products

    await index_stale_products()

"""The ``tongshang`` command. Each sub-command lives in ``app.commands``, imported when called."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

cli = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    # Its boxes of source code are for nobody; ``main`` says what went wrong.
    pretty_exceptions_enable=False,
    help="Tongshang 通商: run and look after an installation.",
)

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON object for a machine.")]
DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Where data live; never in the checkout.")
]


def use_settings(**changes: object) -> None:
    """Let flags of the command line win over the environment."""
    from app.kit.settings import settings

    for name, value in changes.items():
        if value is not None:
            os.environ[f"TONGSHANG_{name.upper()}"] = str(value)
    settings.cache_clear()


def answer(data: dict[str, Any], *, as_json: bool, text: str) -> None:
    """Print ``data`` for a machine or ``text`` for a person."""
    print(json.dumps(data, ensure_ascii=False, default=str) if as_json else text)


@cli.command()
def up(
    port: Annotated[int | None, typer.Option(help="Port of the web app.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    data_dir: DataDir = None,
    empty: Annotated[bool, typer.Option(help="No demo data; print a set-up address.")] = False,
) -> None:
    """Start everything: database, web app, payment sandbox, worker."""
    use_settings(port=port, host=host, data_dir=data_dir)
    from app.kit.settings import settings
    from app.server.up import Options
    from app.server.up import up as start

    start(settings(), Options(empty=empty, say=lambda text: print(text, flush=True)))


@cli.command()
def worker(data_dir: DataDir = None) -> None:
    """Work on deferred and periodic jobs (``up`` starts one)."""
    use_settings(data_dir=data_dir)
    from app.commands.worker import run

    run()


@cli.command()
def migrate(data_dir: DataDir = None, as_json: JsonFlag = False) -> None:
    """Bring the database to the newest schema."""
    use_settings(data_dir=data_dir)
    from app.kit.secrets import master_secret
    from app.kit.settings import settings
    from app.server.migrations import current_revision
    from app.server.migrations import migrate as run
    from app.server.postgres import prepare

    urls = prepare(settings(), master_secret())
    run(urls.owner)
    at = current_revision(urls.owner)
    answer({"revision": at}, as_json=as_json, text=f"The database is at revision {at}.")


@cli.command()
def seed(
    suppliers: Annotated[int, typer.Option(min=1, help="How many suppliers.")] = 20,
    distributors: Annotated[int, typer.Option(min=1, help="How many distributors.")] = 20,
    skus: Annotated[int, typer.Option(min=1, help="How many SKUs.")] = 2_000,
    orders: Annotated[int, typer.Option(min=0, help="How many orders (two lines each).")] = 10_000,
    data_dir: DataDir = None,
    as_json: JsonFlag = False,
) -> None:
    """Make deterministic data of any size, set-based."""
    use_settings(data_dir=data_dir)
    from app.commands.seed import run

    made = run(suppliers=suppliers, distributors=distributors, skus=skus, orders=orders)
    answer(made, as_json=as_json, text="\n".join(f"{k:>22}  {v}" for k, v in made.items()))


@cli.command("import")
def import_history(
    folder: Annotated[Path, typer.Argument(help="Where the files are; see docs/import.md.")],
    mapping: Annotated[
        Path | None, typer.Option(help="TOML file that names foreign columns and words.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check only; write nothing.")] = False,
    data_dir: DataDir = None,
    as_json: JsonFlag = False,
) -> None:
    """Bring another marketplace's history in; the same files again change nothing."""
    use_settings(data_dir=data_dir)
    from app.commands.bring import reader, render, run

    report = run(folder, mapping, dry=dry_run)
    answer(report.as_dict(reader()), as_json=as_json, text=render(report))
    raise typer.Exit(0 if report.ok else 1)


@cli.command()
def verify(data_dir: DataDir = None, as_json: JsonFlag = False) -> None:
    """Rebuild and compare every invariant of money, stock and orders."""
    use_settings(data_dir=data_dir)
    from app.commands.verify import render, run

    report = run()
    answer(report, as_json=as_json, text=render(report))
    raise typer.Exit(0 if report["ok"] else 1)


@cli.command()
def snapshot(
    full: Annotated[bool, typer.Option("--full", help="Make all files anew.")] = False,
    audit: Annotated[
        bool, typer.Option("--audit", help="Compare every closed day with the tables.")
    ] = False,
    data_dir: DataDir = None,
    as_json: JsonFlag = False,
) -> None:
    """Bring the analytics' files up to date (the worker does so every few minutes)."""
    use_settings(data_dir=data_dir)
    from app.commands.snapshot import render, run

    report = run(full=full, audit=audit)
    answer(report, as_json=as_json, text=render(report))


@cli.command()
def doctor(data_dir: DataDir = None, as_json: JsonFlag = False) -> None:
    """Say what is configured, reachable and healthy."""
    use_settings(data_dir=data_dir)
    from app.commands.doctor import render, run

    report = run()
    answer(report, as_json=as_json, text=render(report))
    raise typer.Exit(0 if report["ok"] else 1)


@cli.command()
def bench(
    what: Annotated[str, typer.Argument(help="checkout, hot-sku, events, dashboards or memory")],
    seconds: Annotated[int, typer.Option(min=1, help="Length of one run.")] = 5,
    lines: Annotated[
        int | None, typer.Option(min=1_000, help="How many order lines (dashboards only).")
    ] = None,
    loads: Annotated[
        int | None, typer.Option(min=10, help="How many page loads (memory only).")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Measure against a baseline in the same run."""
    from app.commands.bench import BENCHES, render

    if what not in BENCHES:
        raise typer.BadParameter(f"{what}: choose one of {', '.join(BENCHES)}")
    more = {name: value for name, value in (("lines", lines), ("loads", loads)) if value}
    figures = BENCHES[what](seconds=seconds, **more)
    answer(figures, as_json=as_json, text=render(figures))


@cli.command()
def picture(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A picture.")],
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder of the renditions.")],
    data_dir: DataDir = None,
    as_json: JsonFlag = False,
) -> None:
    """Say what an upload makes of a picture, and write its renditions."""
    use_settings(data_dir=data_dir)
    from app.commands.picture import render, run

    report = run(file, out)
    answer(report, as_json=as_json, text=render(report))
    raise typer.Exit(0 if report["ok"] else 1)


@cli.command()
def texts() -> None:
    """Bring the translation catalogs up to date with the source (for developers)."""
    from app.commands.texts import update

    for room, left in update().items():
        print(f"{room}: {left} without a Chinese text")


def main() -> None:
    """Run the command; a reason to stop is told in a sentence, without a traceback."""
    try:
        cli()
    except Exception as error:
        if os.environ.get("TONGSHANG_DEBUG"):
            raise
        from app.commands.faults import explain

        status, lines = explain(error)
        for line in lines:
            print(f"tongshang: {line}", file=sys.stderr)
        raise SystemExit(status) from None


if __name__ == "__main__":
    main()

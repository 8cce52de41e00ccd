"""Dates of another marketplace: its own form and time zone, or ISO 8601, to moments in UTC."""

import polars as pl

from app.services.imports.mapping import Source

FIRST_YEAR, LAST_YEAR = 1970, 2099
"""Moments of other years stand for no date, such as 0001-01-01 and 9999-12-31."""

_ISO = (
    r"^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(:\d\d)?(\.\d{1,6})?\d*)?"
    r"(Z|[+-](?:0\d|1[0-4]):?[0-5]\d)?$"
)


def parse_moment(text: pl.Expr, source: Source) -> pl.Expr:
    """Return UTC moments; null where the text is in neither form.

    A moment without an offset is one of the source's time zone. One that the zone's clocks show
    twice is the first; one that they skip is an hour later.
    """
    iso = _iso(text, source.time_zone)
    if not source.time_format:
        return iso
    if "%z" in source.time_format:
        aware = text.str.to_datetime(
            source.time_format, time_unit="us", strict=False, time_zone="UTC"
        )
        return pl.coalesce(aware, iso)
    own = text.str.to_datetime(source.time_format, time_unit="us", strict=False, time_zone=None)
    return pl.coalesce(_in_utc(own, source.time_zone), iso)


def _in_utc(local: pl.Expr, zone: str) -> pl.Expr:
    def placed(moment: pl.Expr) -> pl.Expr:
        return moment.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")

    known = pl.coalesce(placed(local), placed(local + pl.duration(hours=1)))
    return known.dt.convert_time_zone("UTC")


def _iso(text: pl.Expr, zone: str) -> pl.Expr:
    day, minute = text.str.extract(_ISO, 1), text.str.extract(_ISO, 2).fill_null("00:00")
    second = text.str.extract(_ISO, 3).fill_null(":00")
    fraction = text.str.extract(_ISO, 4).fill_null(".0")
    whole = pl.concat_str(day, pl.lit(" "), minute, second, fraction)
    local = whole.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False)
    offset = text.str.extract(_ISO, 5)
    hours = offset.str.slice(1, 2).cast(pl.Int64, strict=False).fill_null(0)
    minutes = offset.str.slice(-2).cast(pl.Int64, strict=False).fill_null(0)
    sign = pl.when(offset.str.starts_with("-")).then(-1).otherwise(1)
    shift = pl.duration(minutes=sign * (hours * 60 + minutes))
    aware = local.dt.replace_time_zone("UTC") - shift
    return pl.when(offset.is_null()).then(_in_utc(local, zone)).otherwise(aware)


def is_outside(moment: pl.Expr) -> pl.Expr:
    """Say whether moments lie outside the years in which there is something to tell of."""
    return ~moment.dt.year().is_between(FIRST_YEAR, LAST_YEAR)

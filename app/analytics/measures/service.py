"""How well suppliers serve: how fast they accept and ship, what they refuse, what buyers say."""

from app.analytics.measures.amounts import (
    ACCEPT_MINUTES,
    ACCEPTED,
    ALL_PARTS,
    DECIDED,
    ON_TIME,
    PAID,
    REJECTED,
    SCORE,
    SCORED,
    SHIP_MINUTES,
    SHIPPED,
    TRADE,
    D,
    P,
    S,
)
from app.analytics.measures.model import Measure, Unit
from app.kit.i18n import N_

OVERDUE_HOURS = 48
"""A part that is paid and not shipped after so long is overdue."""

SERVICE_MEASURES = (
    Measure(
        "on_time",
        N_("Shipped on time"),
        N_(
            "Parts paid in the period that were shipped within 48 hours ÷ those of which it is"
            " known: parts that are open and still in time are left out."
        ),
        Unit.RATE,
        P | S | D,
        TRADE,
        PAID,
        top=((1, ON_TIME),),
        bottom=((1, DECIDED),),
        scale=10_000,
    ),
    Measure(
        "accept_time",
        N_("Time to accept"),
        N_("Mean time from payment to acceptance of the parts paid in the period and accepted."),
        Unit.DURATION,
        P | S | D,
        TRADE,
        PAID,
        top=((1, ACCEPT_MINUTES),),
        bottom=((1, ACCEPTED),),
        rising_is_good=False,
    ),
    Measure(
        "ship_time",
        N_("Time to ship"),
        N_("Mean time from payment to shipping of the parts paid in the period and shipped."),
        Unit.DURATION,
        P | S | D,
        TRADE,
        PAID,
        top=((1, SHIP_MINUTES),),
        bottom=((1, SHIPPED),),
        rising_is_good=False,
    ),
    Measure(
        "refusal_rate",
        N_("Refusal rate"),
        N_("Parts refused by the supplier or withdrawn by the buyer ÷ parts paid in the period."),
        Unit.RATE,
        P | S | D,
        TRADE,
        PAID,
        top=((1, REJECTED),),
        bottom=((1, ALL_PARTS),),
        scale=10_000,
        rising_is_good=False,
    ),
    Measure(
        "rating",
        N_("Rating"),
        N_("Mean of the scores, 1 to 5, of the parts paid in the period that were reviewed."),
        Unit.SCORE,
        P | S | D,
        TRADE,
        PAID,
        top=((1, SCORE),),
        bottom=((1, SCORED),),
        scale=100,
    ),
)

"""What became of the money: shares, refunds, and what they are of the sales."""

from dataclasses import replace

from app.analytics.measures.amounts import (
    BOOKED_COMMISSION,
    BOOKED_FEE,
    BOOKED_MARGIN,
    BOOKED_SUPPLY,
    LINE_REFUNDED,
    MARGIN,
    MARGIN_RETURNED,
    PAID,
    REFUNDED,
    SUPPLY,
    SUPPLY_RETURNED,
    TRADE,
    D,
    P,
    S,
)
from app.analytics.measures.model import Leads, Measure, Unit
from app.analytics.measures.trade import NET_GOODS
from app.kit.i18n import N_

_ENTRIES = Leads("ledger/transactions", "ledger", dates="occurred", in_currency=True)

MONEY_MEASURES = (
    Measure(
        "take",
        N_("Platform take"),
        N_(
            "Commission booked in the period − commission given back with refunds in the period."
            " Payment fees are not part of it."
        ),
        Unit.MONEY,
        P,
        ("ledger", "analytics"),
        replace(_ENTRIES, filters=(("touches", "COMMISSION"),)),
        top=((1, BOOKED_COMMISSION),),
    ),
    Measure(
        "payment_fee",
        N_("Payment fees"),
        N_("Fees of payment providers booked in the period − fees given back with refunds."),
        Unit.MONEY,
        P,
        ("ledger", "analytics"),
        replace(_ENTRIES, filters=(("touches", "PAYMENT_FEE"),)),
        top=((1, BOOKED_FEE),),
        rising_is_good=None,
    ),
    Measure(
        "supply_booked",
        N_("Booked for suppliers"),
        N_("Suppliers' shares booked in the period, freight included, − what refunds took back."),
        Unit.MONEY,
        P,
        ("ledger", "analytics"),
        _ENTRIES,
        top=((1, BOOKED_SUPPLY),),
        rising_is_good=None,
    ),
    Measure(
        "income",
        N_("Income booked"),
        N_(
            "Your share of the payments booked in the period, freight included, − what refunds of"
            " the period took back of it."
        ),
        Unit.MONEY,
        S,
        TRADE,
        Leads("ledger", "ledger", dates="paid", in_currency=True),
        top=((1, BOOKED_SUPPLY),),
    ),
    Measure(
        "margin",
        N_("Margin earned"),
        N_(
            "Your share of the payments booked in the period, after supply price, commission and"
            " the payment fee that you bear, − what refunds of the period took back of it."
        ),
        Unit.MONEY,
        D,
        TRADE,
        Leads("ledger", "ledger", dates="paid", in_currency=True),
        top=((1, BOOKED_MARGIN),),
    ),
    Measure(
        "distributor_margin",
        N_("Distributors' margin"),
        N_("Distributors' shares booked in the period − what refunds of the period took back."),
        Unit.MONEY,
        P,
        ("ledger", "analytics"),
        _ENTRIES,
        top=((1, BOOKED_MARGIN),),
    ),
    Measure(
        "line_margin",
        N_("Margin on goods"),
        N_(
            "The distributor's frozen share of the lines paid in the period − what their refunds"
            " have taken back of it until now."
        ),
        Unit.MONEY,
        P | D,
        TRADE,
        PAID,
        top=((1, MARGIN), (-1, MARGIN_RETURNED)),
    ),
    Measure(
        "margin_rate",
        N_("Margin rate"),
        N_("Margin on goods ÷ goods − discounts − refunds of the lines paid in the period."),
        Unit.RATE,
        P | D,
        TRADE,
        PAID,
        top=((1, MARGIN), (-1, MARGIN_RETURNED)),
        bottom=(*NET_GOODS, (-1, LINE_REFUNDED)),
        scale=10_000,
    ),
    Measure(
        "refunds",
        N_("Refunds"),
        N_(
            "Refunds of paid orders started in the period. Failed refunds and refunds of payments "
            "without an order are left out."
        ),
        Unit.MONEY,
        P,
        ("payments", "analytics"),
        Leads("refunds", "payments", dates="created", in_currency=True),
        top=((1, REFUNDED),),
        rising_is_good=False,
    ),
    Measure(
        "store_refunds",
        N_("Refunds"),
        N_("Refunds of your paid orders started in the period. Failed refunds are left out."),
        Unit.MONEY,
        D,
        TRADE,
        replace(PAID, filters=(("refunded", "yes"),), dates=""),
        top=((1, REFUNDED),),
        rising_is_good=False,
    ),
    Measure(
        "return_rate",
        N_("Return rate"),
        N_("Refunded until now ÷ goods − discounts of the lines paid in the period."),
        Unit.RATE,
        P | D,
        TRADE,
        PAID,
        top=((1, LINE_REFUNDED),),
        bottom=NET_GOODS,
        scale=10_000,
        rising_is_good=False,
    ),
    Measure(
        "supply_return_rate",
        N_("Return rate"),
        N_("Taken back with refunds until now ÷ supply price × quantity of the period's parts."),
        Unit.RATE,
        S,
        TRADE,
        PAID,
        top=((1, SUPPLY_RETURNED),),
        bottom=((1, SUPPLY),),
        scale=10_000,
        rising_is_good=False,
    ),
)

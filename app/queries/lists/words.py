"""The codes that lists show, with their texts."""

from app.kit.i18n import N_
from app.queries.resource import Words

ORDER_STATUS: Words = (
    ("PENDING_PAYMENT", N_("To pay")),
    ("PAID", N_("Paid")),
    ("PARTLY_SHIPPED", N_("Partly shipped")),
    ("SHIPPED", N_("Shipped")),
    ("RECEIVED", N_("Received")),
    ("COMPLETED", N_("Completed")),
    ("CLOSED", N_("Closed")),
    ("REFUNDED", N_("Refunded")),
)

PART_STATUS: Words = (
    ("PENDING_PAYMENT", N_("To pay")),
    ("PAID", N_("To accept")),
    ("ACCEPTED", N_("To ship")),
    ("PARTLY_SHIPPED", N_("Partly shipped")),
    ("SHIPPED", N_("Shipped")),
    ("RECEIVED", N_("Received")),
    ("COMPLETED", N_("Completed")),
    ("CLOSED", N_("Closed")),
    ("REJECTED", N_("Refused")),
)

PRODUCT_STATUS: Words = (
    ("DRAFT", N_("Draft")),
    ("ACTIVE", N_("On offer")),
    ("ARCHIVED", N_("Archived")),
)

POOL_STATUS: Words = (
    ("SUBMITTED", N_("To review")),
    ("APPROVED", N_("In the pool")),
    ("REJECTED", N_("Refused")),
    ("WITHDRAWN", N_("Withdrawn")),
)

LISTING_STATUS: Words = (
    ("ON_SALE", N_("On sale")),
    ("PAUSED", N_("Paused")),
    ("NEEDS_REPRICE", N_("Needs a new price")),
    ("OFF_POOL", N_("Not in the pool")),
)

PAYMENT_STATUS: Words = (
    ("CREATED", N_("Started")),
    ("PENDING", N_("Waiting")),
    ("PAID", N_("Paid")),
    ("CLOSED", N_("Closed")),
    ("FAILED", N_("Failed")),
)

REFUND_STATUS: Words = (
    ("PENDING", N_("Promised")),
    ("PROCESSING", N_("At the provider")),
    ("SUCCEEDED", N_("Refunded")),
    ("FAILED", N_("Failed")),
)

SPLIT_KIND: Words = (
    ("SUPPLY", N_("Supply price")),
    ("FREIGHT", N_("Freight")),
    ("COMMISSION", N_("Commission")),
    ("PAYMENT_FEE", N_("Payment fee")),
    ("MARGIN", N_("Distributor margin")),
)

SPLIT_STATE: Words = (
    ("PENDING", N_("Pending")),
    ("AVAILABLE", N_("Available")),
    ("REVERSED", N_("Reversed")),
)

ACCOUNT_KIND: Words = (
    ("CLEARING", N_("At the payment provider")),
    ("PENDING", N_("Pending")),
    ("AVAILABLE", N_("Available")),
    ("IN_PAYOUT", N_("In payout")),
    ("PAID_OUT", N_("Paid out")),
    ("COMMISSION", N_("Platform commission")),
    ("PAYMENT_FEE", N_("Payment fees")),
    ("MARKETING", N_("Marketing")),
    ("UNALLOCATED", N_("Not allocated")),
)

MERCHANT_STATUS: Words = (
    ("PENDING", N_("To review")),
    ("ACTIVE", N_("Active")),
    ("SUSPENDED", N_("Suspended")),
    ("REJECTED", N_("Refused")),
)

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

STOCK_STATUS: Words = (
    ("OUT", N_("Sold out")),
    ("LOW", N_("Low")),
    ("ENOUGH", N_("Enough")),
)

MOVEMENT_REASON: Words = (
    ("OPENING", N_("Opening stock")),
    ("RECEIPT", N_("Goods received")),
    ("COUNT", N_("Count")),
    ("DAMAGE", N_("Damage or loss")),
    ("SHIPMENT", N_("Shipped")),
    ("RETURN", N_("Returned goods")),
)

LEDGER_KIND: Words = (
    ("PAYMENT", N_("Order paid")),
    ("RELEASE", N_("Became available")),
    ("REFUND", N_("Refund")),
    ("COMMISSION_KEPT", N_("Commission kept")),
    ("REFUND_PAID", N_("Refund paid")),
    ("UNALLOCATED", N_("Payment without an order")),
)

CARRIER: Words = (
    ("shunfeng", N_("SF Express")),
    ("zhongtong", N_("ZTO Express")),
    ("yuantong", N_("YTO Express")),
    ("yunda", N_("Yunda Express")),
    ("shentong", N_("STO Express")),
    ("jd", N_("JD Logistics")),
    ("ems", N_("EMS")),
    ("sandbox", N_("Demo Courier")),
)
"""The carriers of ``app.adapters.couriers``."""

TRACKING_STATE: Words = (
    ("SHIPPED", N_("Handed over")),
    ("PICKED_UP", N_("Picked up")),
    ("IN_TRANSIT", N_("On its way")),
    ("OUT_FOR_DELIVERY", N_("Out for delivery")),
    ("DELIVERED", N_("Delivered")),
)

PART_EVENT: Words = (
    ("PLACED", N_("Order placed")),
    ("PAID", N_("Buyer paid")),
    ("ACCEPTED", N_("Accepted")),
    ("REJECTED", N_("Refused")),
    ("CANCELLED", N_("Withdrawn by the buyer")),
    ("EXPIRED", N_("Closed: not paid in time")),
    ("REOPENED", N_("Opened again: the payment came late")),
    ("SHIPPED", N_("Parcel sent")),
    ("RECEIVED", N_("Received by the buyer")),
    ("RECEIVED_BY_TIME", N_("Counted as received")),
    ("COMPLETED", N_("Completed")),
)
"""What happened to a supplier's part of an order."""

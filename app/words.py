"""The codes of the trade with their texts; every screen that shows a code takes its words here."""

from app.kit.i18n import N_, Words

ORDER_STATUS: Words = (
    ("PENDING_PAYMENT", N_("To pay")),
    ("PAID", N_("Paid")),
    ("PARTLY_SHIPPED", N_("Partly shipped")),
    ("SHIPPED", N_("Shipped")),
    ("RECEIVED", N_("Received")),
    ("COMPLETED", N_("Completed")),
    ("CLOSED", N_("Closed")),
    ("REFUNDING", N_("Refund under way")),
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
    ("WITHDRAWN_BUYER", N_("Cancelled by the buyer")),
    ("WITHDRAWN_STORE", N_("Cancelled by the store")),
    ("WITHDRAWN_PLATFORM", N_("Cancelled by the platform")),
)
"""The codes of ``app.queries.part_status``."""

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
    ("PENDING", N_("To refund")),
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
    ("FREE_FREIGHT", N_("Freight borne by the store")),
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
    ("HISTORY", N_("Imported history")),
    ("HISTORY_OPEN", N_("History left open")),
)

MERCHANT_STATUS: Words = (
    ("PENDING", N_("To review")),
    ("ACTIVE", N_("Active")),
    ("SUSPENDED", N_("Suspended")),
    ("REJECTED", N_("Refused")),
)

BUYER_KIND: Words = (
    ("GUEST", N_("Guest")),
    ("CONSUMER", N_("Registered customer")),
    ("MERCHANT", N_("Merchant")),
)

PARTY_ROLE: Words = (
    ("platform", N_("Platform")),
    ("supplier", N_("Supplier")),
    ("distributor", N_("Distributor")),
)

ACTOR_SCOPE: Words = (
    *PARTY_ROLE,
    ("consumer", N_("Buyer")),
    ("public", N_("Buyer")),
    ("system", N_("System")),
)

ORDER_EVENT: Words = (
    ("PLACED", N_("Order placed")),
    ("PAID", N_("Paid")),
    ("ACCEPTED", N_("Accepted by the supplier")),
    ("REJECTED", N_("Declined by the supplier")),
    ("WITHDRAWN", N_("Taken back before shipping")),
    ("REST_CANCELLED", N_("The rest was refunded and is not shipped")),
    ("CANCELLED", N_("Cancelled")),
    ("EXPIRED", N_("Closed: not paid in time")),
    ("REOPENED", N_("Reopened by a late payment")),
    ("SHIPPED", N_("Shipped")),
    ("RECEIVED", N_("Receipt confirmed by the buyer")),
    ("RECEIVED_BY_TIME", N_("Receipt confirmed automatically")),
    ("COMPLETED", N_("Completed")),
    ("REFUND_PROMISED", N_("Refund started")),
    ("REFUNDED", N_("Refund completed")),
    ("RELEASED", N_("Shares became available")),
    ("IMPORTED", N_("Imported from another marketplace")),
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

CARRIER: Words = (
    ("shunfeng", N_("SF Express")),
    ("zhongtong", N_("ZTO Express")),
    ("yuantong", N_("YTO Express")),
    ("yunda", N_("Yunda Express")),
    ("shentong", N_("STO Express")),
    ("jtexpress", N_("J&T Express")),
    ("jd", N_("JD Logistics")),
    ("debangkuaidi", N_("Deppon Express")),
    ("danniao", N_("Cainiao Express")),
    ("ems", N_("EMS")),
    ("youzhengguonei", N_("China Post")),
    ("annengwuliu", N_("Ane Logistics")),
    ("kuayue", N_("KYE Express")),
    ("zhongtongguoji", N_("ZTO International")),
    ("dhl", N_("DHL")),
    ("ups", N_("UPS")),
    ("fedex", N_("FedEx")),
    ("sandbox", N_("Demo Courier")),
    ("other", N_("Other carrier")),
)
"""The carriers of ``app.adapters.couriers``."""
PARCEL_CARRIER: Words = (*CARRIER, ("unknown", N_("Unknown carrier")))
"""The same, and what stands for the carrier of imported parcels that name none."""

TRACKING_STATE: Words = (
    ("SHIPPED", N_("Handed over")),
    ("PICKED_UP", N_("Picked up")),
    ("IN_TRANSIT", N_("On its way")),
    ("OUT_FOR_DELIVERY", N_("Out for delivery")),
    ("DELIVERED", N_("Delivered")),
)

PAYMENT_PROVIDER: Words = (
    ("sandbox", N_("Demo payments")),
    ("demo", N_("Demo history")),
    ("imported", N_("Paid at the source")),
)
"""The gateways of ``app.adapters.gateway``, and what stands for those of imported history."""

REFUND_REASON: Words = (
    ("rejected", N_("Declined by the supplier")),
    ("buyer_cancelled", N_("Cancelled by the buyer")),
    ("platform_cancelled", N_("Cancelled by the platform")),
    ("store_withdrew", N_("Cancelled by the store")),
    ("paid_late", N_("Paid too late")),
    ("paid_twice", N_("Paid twice")),
)

CALLBACK_OUTCOME: Words = (
    ("applied", N_("Booked")),
    ("duplicate", N_("Duplicate")),
    ("reopened", N_("Late, order reopened")),
    ("refunded", N_("Refunded")),
    ("amount_mismatch", N_("Amount differs")),
    ("failed", N_("Failed")),
    ("closed", N_("Closed")),
    ("ignored", N_("Ignored")),
)

TRANSACTION_KIND: Words = (
    ("PAYMENT", N_("Payment split")),
    ("UNALLOCATED", N_("Payment without an order")),
    ("RELEASE", N_("Share released")),
    ("REFUND", N_("Shares taken back")),
    ("COMMISSION_KEPT", N_("Commission kept")),
    ("REFUND_PAID", N_("Refund completed")),
    ("HISTORY", N_("Imported history")),
)

SPLIT_BASE: Words = (
    ("GOODS", N_("Goods")),
    ("GOODS_AND_FREIGHT", N_("Goods and freight")),
)

FEE_BEARER: Words = (
    ("PLATFORM", N_("Platform")),
    ("SUPPLIER", N_("Supplier")),
    ("DISTRIBUTOR", N_("Distributor")),
)

PRICING_KIND: Words = (
    ("suggested", N_("Suggested retail price")),
    ("markup", N_("Supply price plus markup")),
)

PRICE_ENDING: Words = (
    ("none", N_("As calculated")),
    ("nine", N_("Up to .90")),
    ("ninety_nine", N_("Up to .99")),
)

SWITCHED: Words = (("ON", N_("On")), ("OFF", N_("Off")))

STORE_STATUS: Words = (("OPEN", N_("Open")), ("CLOSED", N_("Closed")))

IMPORT_STATE: Words = (
    ("DRAFT", N_("Preparing")),
    ("CHECKING", N_("Checking")),
    ("CHECKED", N_("Checked")),
    ("QUEUED", N_("Waiting")),
    ("RUNNING", N_("Running")),
    ("BROKEN_OFF", N_("Interrupted")),
    ("DONE", N_("Imported")),
    ("STOPPED", N_("Stopped")),
    ("CANCELLED", N_("Cancelled")),
)

IMPORT_KIND: Words = (
    ("categories", N_("Categories")),
    ("suppliers", N_("Suppliers")),
    ("distributors", N_("Distributors")),
    ("products", N_("Products")),
    ("customers", N_("Customers")),
    ("orders", N_("Orders")),
    ("lines", N_("Order lines")),
    ("payments", N_("Payments")),
    ("shipments", N_("Shipments")),
    ("reviews", N_("Reviews")),
)

IMPORT_PROBLEM: Words = (
    ("required", N_("Empty but required")),
    ("too_long", N_("Text too long")),
    ("not_amount", N_("Not an amount")),
    ("not_count", N_("Not a whole number")),
    ("out_of_range", N_("Number out of range")),
    ("not_moment", N_("Not a date")),
    ("unknown_status", N_("Unknown status")),
    ("not_currency", N_("Other currency")),
    ("fewer_fields", N_("Line cut off")),
    ("more_fields", N_("Too many fields")),
    ("duplicate", N_("Identifier twice")),
    ("unknown_order", N_("Unknown order")),
    ("unknown_product", N_("Unknown product")),
    ("unknown_supplier", N_("Unknown supplier")),
    ("unknown_customer", N_("Unknown customer")),
    ("unknown_distributor", N_("Unknown distributor")),
    ("other_store", N_("Customer of another store")),
    ("not_in_order", N_("Supplier not in the order")),
    ("shares_exceed", N_("Shares above the price")),
    ("order_refused", N_("Order refused as a whole")),
    ("changed", N_("Imported before with other content")),
    ("came_alone", N_("Imported before without this row")),
    ("store_taken", N_("Store address taken")),
    ("not_slug", N_("Not a store address")),
    ("not_encoded", N_("Wrong encoding")),
    ("unfinished", N_("File cut off")),
    ("no_header", N_("Empty file")),
    ("no_column", N_("Column missing")),
    ("unreadable", N_("Unreadable file")),
    ("no_file", N_("File missing")),
)
"""Why a row or a file is refused, in short; ``app.services.imports.problems`` says how to mend."""

CHANNEL: Words = (
    ("wechat", N_("WeChat")),
    ("douyin", N_("Douyin")),
    ("xiaohongshu", N_("Xiaohongshu")),
    ("weibo", N_("Weibo")),
    ("sms", N_("Text message")),
    ("email", N_("E-mail")),
    ("print", N_("Print, parcel inserts")),
    ("partner", N_("Partner")),
    ("other", N_("Other")),
)
"""Where a campaign's link is spread."""

SOURCE: Words = (
    *CHANNEL,
    ("qq", N_("QQ")),
    ("zhihu", N_("Zhihu")),
    ("douban", N_("Douban")),
    ("kuaishou", N_("Kuaishou")),
    ("bilibili", N_("Bilibili")),
    ("baidu", N_("Baidu")),
    ("sogou", N_("Sogou")),
    ("so360", N_("360 Search")),
    ("shenma", N_("Shenma Search")),
    ("bing", N_("Bing")),
    ("google", N_("Google")),
    ("alipay", N_("Alipay")),
    ("dingtalk", N_("DingTalk")),
)
"""From where visitors come, as far as it has a name here; any other site is called by its host."""

NOTICE: Words = (
    ("merchant_applied", N_("A company applied")),
    ("merchant_approved", N_("Your company was approved")),
    ("merchant_refused", N_("Your application was declined")),
    ("merchant_suspended", N_("Your company was suspended; its goods are off sale")),
    ("merchant_reinstated", N_("Your company is active again")),
    ("products_to_review", N_("Products waiting for review")),
    ("product_approved", N_("Product approved")),
    ("product_rejected", N_("Product needs changes")),
    ("product_withdrawn", N_("A product that you list was withdrawn; it is off sale")),
    ("supplier_suspended", N_("A supplier was suspended; its goods are off sale in your stores")),
    ("listing_needs_reprice", N_("Supply prices rose: listings are off sale until repriced")),
    ("order_to_ship", N_("New order to ship")),
    ("order_paid", N_("Order paid")),
    ("part_refused", N_("A supplier declined an order; the buyer is refunded")),
    ("part_shipped", N_("Shipped")),
    ("part_withdrawn", N_("An order was taken back: do not ship it")),
    ("order_refunded", N_("A refund was made on an order")),
    ("part_refunded", N_("Refunded: do not ship what was refunded")),
    ("refund_failed", N_("The provider refused a refund")),
    ("stock_low", N_("SKUs are running out of stock")),
    ("orders_overdue", N_("Orders are overdue to be accepted or shipped")),
    ("payment_amount_mismatch", N_("A payment differs from its order")),
    ("import_done", N_("History was imported")),
    ("import_stopped", N_("An import stopped")),
)
"""Kind of notice → its text; what it is about stands below."""

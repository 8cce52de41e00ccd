"""The words of states, reasons and steps, as consumers read them."""

from collections.abc import Mapping

from app.kit.i18n import N_, gettext

WORDS: Mapping[str, Mapping[str, str]] = {
    "order": {
        "PENDING_PAYMENT": N_("Waiting for payment"),
        "PAID": N_("Paid, being prepared"),
        "PARTLY_SHIPPED": N_("Partly shipped"),
        "SHIPPED": N_("On its way"),
        "RECEIVED": N_("Received"),
        "COMPLETED": N_("Completed"),
        "CLOSED": N_("Cancelled"),
        "REFUNDING": N_("Cancelled, refund under way"),
        "REFUNDED": N_("Cancelled and refunded"),
        "EXPIRED": N_("Expired"),
    },
    "part": {
        "PENDING_PAYMENT": N_("Waiting for payment"),
        "PAID": N_("Waiting for confirmation"),
        "ACCEPTED": N_("Being packed"),
        "PARTLY_SHIPPED": N_("Partly shipped"),
        "SHIPPED": N_("On its way"),
        "RECEIVED": N_("Received"),
        "COMPLETED": N_("Completed"),
        "CLOSED": N_("Cancelled"),
        "REJECTED": N_("Not delivered"),
        "WITHDRAWN_BUYER": N_("Cancelled by you"),
        "WITHDRAWN_STORE": N_("Cancelled by the store"),
        "WITHDRAWN_PLATFORM": N_("Cancelled by the platform"),
    },
    "step": {
        "placed": N_("Order placed"),
        "paid": N_("Paid"),
        "accepted": N_("Accepted"),
        "shipped": N_("Shipped"),
        "delivered": N_("Delivered"),
        "received": N_("Receipt confirmed"),
    },
    "track": {
        "SHIPPED": N_("Handed to the carrier"),
        "PICKED_UP": N_("Picked up"),
        "IN_TRANSIT": N_("In transit"),
        "OUT_FOR_DELIVERY": N_("Out for delivery"),
        "DELIVERED": N_("Delivered"),
        "PROBLEM": N_("Delivery problem"),
        "RETURNED": N_("Returned to the sender"),
    },
    "refund": {
        "PENDING": N_("Refund on its way"),
        "PROCESSING": N_("Refund on its way"),
        "SUCCEEDED": N_("Refunded"),
        "FAILED": N_("Refund delayed; we are looking after it"),
    },
    "reason": {
        "buyer_cancelled": N_("You cancelled before it was accepted."),
        "rejected": N_("The goods could not be delivered."),
        "store_withdrew": N_("The store cancelled before it was accepted."),
        "platform_cancelled": N_("The platform cancelled before it was accepted."),
        "paid_late": N_("The payment came after the order was closed."),
        "paid_twice": N_("This was a second payment of the order."),
        "goodwill": N_("Refunded by the store."),
    },
    "sort": {
        "popular": N_("Popular"),
        "newest": N_("Newest"),
        "price": N_("Price low to high"),
        "price-desc": N_("Price high to low"),
    },
    "notice": {
        "added": N_("Added to your cart."),
        "provider_down": N_(
            "The payment service does not answer at the moment. Your order is kept; try again in a"
            " minute."
        ),
        "cancelled": N_("The order is cancelled."),
        "back_in_cart": N_("The order is cancelled; its goods are back in your cart."),
        "partly_back": N_(
            "The order is cancelled. What is still on sale of it is back in your cart."
        ),
        "withdrawn": N_("It was not added to your cart: it is not on sale any more."),
        "too_few": N_("It was not added to your cart: not enough is left."),
        "refunding": N_("The order is cancelled. Your money is on its way back."),
        "received": N_("Thank you for confirming the receipt."),
        "unpaid": N_("The payment was not made. You can try again."),
        "welcome": N_("Welcome! You are signed in."),
        "signed_out": N_("You are signed out."),
    },
}
"""Kind → key → message id."""


def word(locale: str, kind: str, key: str) -> str:
    """Return a word in the reader's language; a key without a word gives ''."""
    message = WORDS[kind].get(key)
    return gettext(locale, message) if message else ""

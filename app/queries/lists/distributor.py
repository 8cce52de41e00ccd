"""What a distributor's lists of goods show: the pool, own listings, suppliers' changes."""

from app.kit.i18n import N_, Words
from app.queries.lists.currencies import PRICES_IN, currency_column
from app.queries.resource import GOODS_SEARCH, Column, Filter, Resource
from app.queries.titles import both_titles
from app.queries.titles import category as category_name
from app.words import LISTING_STATUS

COST_POLICY: Words = (
    ("FOLLOW_MARGIN", N_("Follow the margin")),
    ("HOLD_PRICE", N_("Hold the price")),
    ("PAUSE", N_("Pause the listing")),
)
CHANGE_KIND: Words = (("supply_price", N_("Supply price")),)
CHANGE_OUTCOME: Words = (
    ("followed", N_("Price followed")),
    ("held", N_("Price held")),
    ("paused", N_("Listing paused")),
    ("needs_reprice", N_("Needs a new price")),
)
SEEN: Words = (("NEW", N_("New")), ("SEEN", N_("Seen")))
LISTED: Words = (("YES", N_("Listed")), ("NO", N_("Not listed yet")))

CATEGORY_OPTIONS = (
    f"select c.id, coalesce({category_name('p')} || ' / ', '') || {category_name()}"
    " from categories c left join categories p on p.id = c.parent_id"
    " order by coalesce(p.position, c.position), coalesce(p.slug, c.slug), p.id is not null,"
    " c.position, c.slug"
)
STORE_OPTIONS = "select id, name from stores order by created_at"

FIRST_PICTURE = (
    "(select i.blob_key from product_images i where i.product_id = p.id"
    " order by i.position, i.id limit 1)"
)


def _of_skus(expression: str) -> str:
    """Return a subquery over a product's active SKUs, so that only shown rows pay for it."""
    return (
        f"(select {expression} from skus k join supply_prices sp on sp.sku_id = k.id"
        " left join stock st on st.sku_id = k.id where k.product_id = p.id and k.is_active)"
    )


def _of_listing(expression: str) -> str:
    """Return a subquery over the SKUs that a listing offers."""
    return (
        f"(select {expression} from listing_skus ls join skus k on k.id = ls.sku_id"
        " join supply_prices sp on sp.sku_id = k.id left join stock st on st.sku_id = k.id"
        " where ls.listing_id = l.id and ls.is_offered and k.is_active)"
    )


_AVAILABLE = "coalesce(sum(greatest(st.on_hand - st.reserved, 0)), 0)"
_FIRST_STORE = (
    "(select s.id from stores s where s.distributor_id = (select app_distributor())"
    " order by s.created_at, s.id limit 1)"
)


def _margin(store: str, retail: str) -> str:
    """Return the lowest margin of the SKUs after commission and fees (alembic 0176)."""
    return (
        f"min(own_margin_bps({store}, p.supplier_id, p.category_id, p.id, {retail},"
        " sp.supply_cents)) filter (where sp.currency = 'CNY')"
    )


_SUGGESTED_MARGIN = _margin(_FIRST_STORE, "k.suggested_retail_cents")
_REAL_MARGIN = _margin("l.store_id", "ls.retail_cents")
MARGIN_HELP = N_(
    "(price − supply price − commission − payment fee) ÷ price, of the SKU with the lowest."
)
POOL_MARGIN_HELP = N_(
    "(suggested price − supply price − commission − payment fee) ÷ suggested price, of the SKU with"
    " the lowest, in your first store."
)
_LISTED = "exists (select 1 from listings l where l.product_id = p.id)"

SOURCING = Resource(
    name="sourcing",
    title=N_("Product pool"),
    permission="distributor:sourcing:read",
    source=(
        "products p join pool_entries e on e.product_id = p.id and e.status = 'APPROVED'"
        " join merchants m on m.id = p.supplier_id join categories c on c.id = p.category_id"
    ),
    where=(
        "p.status = 'ACTIVE' and exists"
        " (select 1 from skus k where k.product_id = p.id and k.is_active)"
    ),
    key="p.id",
    columns=(
        Column("picture", N_("Picture"), FIRST_PICTURE, "picture"),
        Column("title", N_("Product"), both_titles(), "titles", sort="p.title",
               link="sourcing/{id}"),
        Column("supplier", N_("Supplier"), "m.name", sort="m.name"),
        Column("category", N_("Category"), category_name(),
               hidden=True),
        Column("supply", N_("Supply price from"), _of_skus("min(sp.supply_cents)"), "money",
               sort=_of_skus("min(sp.supply_cents)")),
        Column("suggested", N_("Suggested retail from"),
               _of_skus("min(k.suggested_retail_cents)"), "money"),
        currency_column(PRICES_IN),
        Column("margin", N_("My margin"), _of_skus(_SUGGESTED_MARGIN), "rate",
               sort=_of_skus(_SUGGESTED_MARGIN), help=POOL_MARGIN_HELP),
        Column("stock", N_("In stock"), _of_skus(_AVAILABLE), "quantity"),
        Column("skus", N_("SKUs"), _of_skus("count(*)"), "quantity", hidden=True),
        Column("listed", N_("In my stores"), f"case when {_LISTED} then 'YES' else 'NO' end",
               "status", words=LISTED),
        Column("approved_at", N_("In the pool since"), "e.reviewed_at", "day",
               sort="e.reviewed_at", hidden=True),
    ),
    filters=(
        Filter("category", N_("Category"), "cast(:category as text) in"
               " (cast(c.id as text), cast(c.parent_id as text))", options_sql=CATEGORY_OPTIONS),
        Filter("price", N_("Supply price"),
               _of_skus("min(sp.supply_cents) filter (where sp.currency = 'CNY')") + " between"
               " cast(split_part(:price, '-', 1) as bigint)"
               " and cast(split_part(:price, '-', 2) as bigint)",
               choices=(("0-2000", N_("Up to ¥20")), ("2000-5000", N_("¥20 to ¥50")),
                        ("5000-10000", N_("¥50 to ¥100")), ("10000-30000", N_("¥100 to ¥300")),
                        ("30000-1000000000", N_("Over ¥300")))),
        Filter("margin", N_("My margin"),
               _of_skus(_SUGGESTED_MARGIN) + " >= cast(:margin as int)",
               choices=(("2000", N_("20 % or more")), ("3000", N_("30 % or more")),
                        ("4000", N_("40 % or more")), ("5000", N_("50 % or more")))),
        Filter("stock", N_("Stock"), _of_skus(_AVAILABLE) + " > 0",
               choices=(("yes", N_("In stock")),)),
        Filter("listed", N_("In my stores"), f"{_LISTED} = (:listed = 'yes')",
               choices=(("no", N_("Not listed yet")), ("yes", N_("Listed")))),
    ),
    search=f"{GOODS_SEARCH} or m.name ilike '%' || :like",
    search_hint=N_("Product, initials, supplier"),
    default_sort="-approved_at",
)  # fmt: skip

LISTINGS = Resource(
    name="listings",
    title=N_("Listings"),
    permission="distributor:listings:read",
    # What the supplier, the pool or the platform took away is hidden from us, hence left joins.
    source=(
        "listings l join products p on p.id = l.product_id join stores s on s.id = l.store_id"
        " left join listing_terms t on t.listing_id = l.id"
        " left join merchants m on m.id = l.supplier_id"
        " left join pool_entries e on e.product_id = l.product_id and e.status = 'APPROVED'"
        " cross join lateral (select case when m.id is null or e.product_id is null"
        "  or p.status <> 'ACTIVE' then 'OFF_POOL' else l.status end as status) x"
    ),
    key="l.id",
    columns=(
        Column("picture", N_("Picture"), FIRST_PICTURE, "picture"),
        Column("title", N_("Product"), both_titles(own="l.title_override"), "titles",
               sort="coalesce(l.title_override, p.title)", link="listings/{id}"),
        Column("store", N_("Store"), "s.name", sort="s.name"),
        Column("supplier", N_("Supplier"), "m.name", hidden=True),
        Column("low", N_("Price from"), _of_listing("min(ls.retail_cents)"), "money",
               sort=_of_listing("min(ls.retail_cents)")),
        Column("high", N_("Price to"), _of_listing("max(ls.retail_cents)"), "money",
               on_phone=False),
        currency_column(PRICES_IN),
        Column("margin", N_("My margin"), _of_listing(_REAL_MARGIN), "rate",
               sort=_of_listing(_REAL_MARGIN), help=MARGIN_HELP),
        Column("stock", N_("In stock"), _of_listing(_AVAILABLE), "quantity"),
        Column("status", N_("Status"), "x.status", "status", sort="x.status",
               words=LISTING_STATUS),
        Column("policy", N_("When costs rise"), "t.cost_policy", "status", words=COST_POLICY,
               on_phone=False),
        Column("sold", N_("Sold"),
               "(select coalesce(sum(ol.quantity), 0) from order_lines ol"
               " where ol.listing_id = l.id)", "quantity"),
        Column("created_at", N_("Listed"), "l.created_at", "day", sort="l.created_at",
               hidden=True),
    ),
    filters=(
        Filter("store", N_("Store"), "cast(s.id as text) = :store", options_sql=STORE_OPTIONS),
        Filter("status", N_("Status"), "x.status = :status", choices=LISTING_STATUS),
        Filter("policy", N_("When costs rise"), "t.cost_policy = :policy", choices=COST_POLICY),
    ),
    search=f"{GOODS_SEARCH} or l.title_override ilike '%' || :like",
    search_hint=N_("Product, initials"),
    default_sort="-created_at",
)  # fmt: skip


CHANGES = Resource(
    name="changes",
    title=N_("Supplier changes"),
    permission="distributor:listings:read",
    source=(
        "listing_changes ch join listings l on l.id = ch.listing_id"
        " join products p on p.id = l.product_id join stores s on s.id = l.store_id"
        " left join skus k on k.id = ch.sku_id"
    ),
    key="ch.id",
    columns=(
        Column("picture", N_("Picture"), FIRST_PICTURE, "picture"),
        Column("title", N_("Product"), both_titles(own="l.title_override"), "titles",
               link="listings/{listing}"),
        Column("listing", N_("Listing"), "l.id", silent=True),
        Column("sku", N_("SKU"),
               "(select string_agg(v, ' · ') from jsonb_array_elements_text(k.spec_values) v)"),
        Column("store", N_("Store"), "s.name", on_phone=False),
        Column("kind", N_("What changed"), "ch.kind", "status", words=CHANGE_KIND),
        Column("before", N_("Before"), "array[ch.kind, ch.before]", "change"),
        Column("after", N_("After"), "array[ch.kind, ch.after]", "change"),
        Column("outcome", N_("Outcome"), "ch.outcome", "status", words=CHANGE_OUTCOME),
        Column("created_at", N_("When"), "ch.created_at", "moment", sort="ch.created_at"),
        Column("seen", N_("Seen"), "case when ch.seen_at is null then 'NEW' else 'SEEN' end",
               "status", words=SEEN),
    ),
    filters=(
        Filter("seen", N_("Seen"), "(ch.seen_at is null) = (:seen = 'NEW')", choices=SEEN),
        Filter("outcome", N_("Outcome"), "ch.outcome = :outcome", choices=CHANGE_OUTCOME),
        Filter("changed", N_("When"), "ch.created_at", kind="dates"),
    ),
    search=GOODS_SEARCH,
    search_hint=N_("Product, initials"),
    default_sort="-created_at",
)  # fmt: skip

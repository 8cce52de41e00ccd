"""Which picture shows a SKU: the first that is meant for one of its spec values, else the cover."""

SKU_PICTURE = (
    "(select i.blob_key from product_images i where i.product_id = p.id"
    " order by i.spec_value <> '' and jsonb_exists(k.spec_values, i.spec_value) desc,"
    " i.position, i.id limit 1)"
)
"""An expression beside a SKU ``k`` and its product ``p``."""

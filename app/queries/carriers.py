"""How a parcel ``h`` names its carrier: by its code, or in its supplier's own words."""

SHOWN_CARRIER = (
    "case when h.carrier_code = 'other' then h.carrier_name else h.carrier_code end as carrier_code"
)

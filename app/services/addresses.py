"""The one model of an address, for every door: the code of its province decides, names are ours.

City and district are named, or given by code, and must lie in the province; what a caller writes
beside the province's code, such as a name, is not even read.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from app.kit.i18n import N_, Filled
from app.kit.phones import e164
from app.kit.regions import NAMES, City, district_of, provinces
from app.kit.text import Text

NO_PROVINCE = N_("Please choose a province.")
NOT_IN_PROVINCE = N_("This is no city of %(province)s. Please choose one.")
NOT_IN_CITY = N_("This is no district of %(city)s. Please choose one, or leave it empty.")
NO_DISTRICTS = N_("%(city)s has no districts. Leave this empty and write the town in the street.")
NO_PHONE = N_("Please enter a phone number that can be called.")


class Address(BaseModel):
    """Where the goods go: ``phone`` in E.164, ``province_code`` two digits of GB/T 2260.

    ``city`` and ``district`` may come as names or codes of the region table, and are kept by name.
    """

    model_config = ConfigDict(frozen=True)

    recipient: Annotated[str, Text(60, 1)]
    phone: Annotated[str, Text(30, 1)]
    province_code: Annotated[str, Text(6, 1)]
    province: str = ""
    city: Annotated[str, Text(40, 1)]
    district: Annotated[str, Text(40)] = ""
    street: Annotated[str, Text(160, 1)]

    @model_validator(mode="before")
    @classmethod
    def _name_the_province(cls, data: Any) -> Any:
        """Put our own name beside the code, whatever stood there."""
        if not isinstance(data, Mapping):
            return data
        given: dict[str, Any] = {**data}
        code = given.get("province_code")
        return given | {"province": NAMES.get(code, "") if isinstance(code, str) else ""}

    @field_validator("phone")
    @classmethod
    def _can_be_called(cls, typed: str) -> str:
        phone = e164(typed)
        if phone is None:
            raise _refused(NO_PHONE)
        return phone

    @field_validator("province_code")
    @classmethod
    def _is_a_province(cls, code: str) -> str:
        if code not in NAMES:
            raise _refused(NO_PROVINCE)
        return code

    @field_validator("city")
    @classmethod
    def _lies_in_the_province(cls, named: str, info: ValidationInfo) -> str:
        code = info.data.get("province_code")
        if code is None:
            # The province is refused already.
            return named
        city = provinces()[code].city(named)
        if city is None:
            raise _refused(Filled(NOT_IN_PROVINCE, province=NAMES[code]))
        return city.name

    @field_validator("district")
    @classmethod
    def _lies_in_the_city(cls, named: str, info: ValidationInfo) -> str:
        code, name = info.data.get("province_code"), info.data.get("city")
        city = provinces()[code].city(name) if code and name else None
        if city is None:
            return named
        return _district(city, named)


def _district(city: City, named: str) -> str:
    if not named:
        # A county that its province administers directly is its own district.
        return city.districts.get(city.code, "")
    district = district_of(city, named)
    if district is None:
        message = NOT_IN_CITY if city.districts else NO_DISTRICTS
        raise _refused(Filled(message, city=city.name))
    return district


def _refused(message: str) -> PydanticCustomError:
    return PydanticCustomError("text", "{message}", {"message": message})

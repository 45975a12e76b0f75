"""A small parts counter for tests: two dealers, invented people, cars and parts."""

from __future__ import annotations

from typing import Any

from crm_core.api import Core
from crm_core.customers.messages import AddCustomer
from crm_core.fitment.messages import AddApplication, AddPart, FitAnswer, SetStock
from crm_core.kernel.access import Actor
from crm_core.org.messages import AddPerson, AddUnit
from crm_core.vehicles.messages import AddCar, AddModel

HERE = "star.east.here."
THERE = "star.east.there."
VIN = "LFV3A23C0J3138206"
MAGOTAN = {"brand": "大众", "brand_en": "VW", "series": "迈腾", "series_en": "Magotan", "generation": "B8"}
GOLF = {
    "brand": "大众",
    "series": "高尔夫",
    "series_en": "Golf",
    "aliases": ("高7", "高尔夫7"),
    "generation": "7",
}
MODELS: tuple[dict[str, Any], ...] = (
    {"code": "m18", "year": 2018, "displacement": "1.8T", "engine_code": "CUF", "trim": "330TSI",
     "from_month": "2017-08", "to_month": "2018-11", **MAGOTAN},
    {"code": "m20", "year": 2018, "displacement": "2.0T", "engine_code": "CUG", "trim": "380TSI",
     "from_month": "2017-08", "to_month": "2018-11", **MAGOTAN},
    {"code": "m14", "year": 2020, "displacement": "1.4T", "engine_code": "DJS", "from_month": "2019-11",
     "external_id": "aces:7541", **MAGOTAN},
    {"code": "g14", "year": 2017, "displacement": "1.4T", "engine_code": "CSS", **GOLF},
    {"code": "gti", "year": 2018, "displacement": "2.0T", "engine_code": "CUG", "trim": "GTI", **GOLF},
)  # fmt: skip
FILTER, PAD, SENSOR = "机油滤清器", "刹车片", "轮速传感器"
PARTS: tuple[dict[str, Any], ...] = (
    {"oe": "06L 115 562", "name": FILTER, "category": FILTER, "price_fen": 5600},
    {"oe": "06L 115 562 A", "name": FILTER, "category": FILTER, "supersedes": ("06L115562",)},
    {"oe": "06L 115 562 B", "name": FILTER, "name_en": "Oil filter", "category": FILTER, "price_fen": 6200,
     "cost_fen": 4300, "supersedes": ("06L115562A",), "aftermarket": ("MANN HU 6013 z",)},
    {"oe": "04E 115 561 H", "name": FILTER, "category": FILTER},
    {"oe": "5Q0 698 151 D", "name": "前刹车片", "category": PAD, "position": "front"},
    {"oe": "8V0 698 151 C", "name": "前刹车片", "category": PAD, "position": "front", "interchange": ("8V0698151A",)},
    {"oe": "5Q0 698 451 N", "name": "后刹车片", "category": PAD, "position": "rear"},
    {"oe": "WHT 003 857", "name": SENSOR, "category": SENSOR},
)  # fmt: skip
APPLICATIONS: tuple[dict[str, Any], ...] = (
    {"oe": "06L115562B", "model_code": "m18", "engine": "CUF"},
    {"oe": "06L115562B", "model_code": "m20", "engine": "CUG"},
    {"oe": "06L115562B", "model_code": "gti"},
    {"oe": "06L115562B", "model_code": "g14", "fits": False, "note": "EA211 用 04E 115 561 H"},
    {"oe": "04E115561H", "model_code": "g14"},
    {"oe": "04E115561H", "model_code": "m14"},
    {"oe": "5Q0698151D", "model_code": "m18", "option_code": "1ZE", "position": "front"},
    {"oe": "8V0698151C", "model_code": "m18", "option_code": "1LJ", "position": "front"},
    {"oe": "5Q0698451N", "model_code": "m18", "to_vin": "140000", "position": "rear"},
    {"oe": "WHT003857", "model_code": "m18"},
    {"oe": "WHT003857", "model_code": "m18", "fits": False, "source": "another list"},
)  # fmt: skip


class Shop:
    """The counter and its people."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.job = core.system("star")
        for path, name in ((("star."), "集团"), ("star.east.", "东区"), (HERE, "本店"), (THERE, "分店")):
            self.do(AddUnit(path=path, name=name))
        for code, role, unit in (("rep1", "rep", HERE), ("boss", "manager", HERE), ("tech1", "tech", THERE)):
            self.do(AddPerson(code=code, name=f"员工{code}", role=role, unit=unit))
        self.rep, self.boss = core.actor("rep1"), core.actor("boss")
        for model in MODELS:
            self.do(AddModel(**model))
        for part in PARTS:
            self.do(AddPart(**{"brand": "大众"} | part))
        for application in APPLICATIONS:
            self.do(AddApplication(**application))
        self.do(SetStock(oe="06L115562B", unit=HERE, quantity=24, reserved=4, bin="A-1"))
        self.do(SetStock(oe="06L115562B", unit=THERE, quantity=100, bin="B-2"))
        self.do(SetStock(oe="5Q0698151D", unit=HERE, quantity=0, in_transit=6, eta_days=3))

    def do(self, command: Any, actor: Actor | None = None) -> Any:
        return self.core.execute(command, actor or self.job)

    def customer(self, code: str = "c1", *, login: str = "customer1") -> tuple[str, Actor]:
        """A customer of rep1 with a car, and himself as an actor."""
        made = self.do(AddCustomer(name="黄志远", code=code, unit=HERE, owner_id=self.rep.id, login=login))
        self.do(AddCar(customer_id=made.id, vin=VIN, plate="沪A·8K206", model_code="m18", options=("1ZE",)))
        return made.id, self.core.actor(login)

    def ask(self, question: Any, actor: Actor | None = None) -> FitAnswer:
        answer = self.core.ask(question, actor or self.rep)
        assert isinstance(answer, FitAnswer)
        return answer

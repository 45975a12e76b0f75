"""Importing files, on both databases."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from crm_core.api import Core
from crm_core.customers.tables import ContactPoint, Customer
from crm_core.fitment.messages import CheckFit, PartSpec, StockOf, VehicleSpec
from crm_core.fitment.tables import Application, Part, PartStock
from crm_core.followups.tables import Followup
from crm_core.imports.cells import lunar_day
from crm_core.imports.run import ImportReport, run_import
from crm_core.kernel.errors import Invalid, Refused
from crm_core.kernel.tables import Outbox, Timer
from crm_core.leads.tables import Lead, Touch
from crm_core.orders.tables import Order, OrderLine
from crm_core.org.messages import AddPerson, AddUnit
from crm_core.vehicles.messages import AddModel

DEALER = "star.east.here."
LEADS = "姓名,手机号,意向车型,来源,城市,留言"


@pytest.fixture
def house(core: Core) -> Core:
    """A dealer with three reps."""
    job = core.system("star")
    for path in ("star.", "star.east.", DEALER):
        core.execute(AddUnit(path=path, name=f"单位{path}"), job)
    for code in ("rep1", "rep2", "rep3"):
        core.execute(AddPerson(code=code, name=f"销售{code}", role="rep", unit=DEALER), job)
    core.execute(AddPerson(code="admin1", name="管理员", role="admin", unit=DEALER), job)
    return core


def write(folder: Path, name: str, lines: Sequence[str], encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return path


def load(core: Core, kind: str, path: Path, mapping: Path | None = None, *, dry: bool = False,
         batch: int = 500) -> ImportReport:  # fmt: skip
    return run_import(core, core.actor("admin1"), kind, path, mapping=mapping, dry_run=dry, batch=batch)


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.added, report.changed, report.unchanged, len(report.rejected)


def count(core: Core, table: type, *conditions: object) -> int:
    with core.database.read() as session:
        query = select(func.count()).select_from(table).where(*conditions)  # type: ignore[arg-type]
        return int(session.execute(query).scalar_one())


@pytest.mark.parametrize(
    ("encoding", "delimiter"), [("utf-8", ","), ("utf-8-sig", ";"), ("gb18030", "\t"), ("utf-16", ",")]
)
def test_files_as_people_save_them(house: Core, tmp_path: Path, encoding: str, delimiter: str) -> None:
    lines = ["OE号,名称,品牌,价格", "06L 115 562 B,机油滤清器,大众,62.50", "04465-02220,前刹车片,丰田,420"]
    path = write(tmp_path, "p.csv", [line.replace(",", delimiter) for line in lines], encoding)
    assert counts(load(house, "parts", path)) == (2, 0, 0, 0)
    with house.database.read() as session:
        part = session.execute(select(Part).where(col(Part.oe_key) == "06L115562B")).scalars().one()
    assert (part.oe, part.name, part.price_fen) == ("06L 115 562 B", "机油滤清器", 6250)
    assert counts(load(house, "parts", path)) == (0, 0, 2, 0)


def test_a_workbook_too(house: Core, tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["配件号", "名称", "售价"])
    sheet.append(["06L115562B", "机油滤清器", 62.5])
    sheet.append([None, None, None])
    sheet.append([4465, "短号", None])
    book.save(tmp_path / "p.xlsx")
    assert counts(load(house, "parts", tmp_path / "p.xlsx")) == (2, 0, 0, 0)
    assert counts(load(house, "parts", tmp_path / "p.xlsx")) == (0, 0, 2, 0)


def test_a_half_written_workbook_changes_nothing(house: Core, tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for i in range(400):
        sheet.append(["oe", "name"] if i == 0 else [f"A{i:06d}", f"件{i}"])
    book.save(tmp_path / "whole.xlsx")
    raw = (tmp_path / "whole.xlsx").read_bytes()
    for length in (10, len(raw) // 2, len(raw) - 30):
        (tmp_path / "half.xlsx").write_bytes(raw[:length])
        with pytest.raises(Invalid) as error:
            load(house, "parts", tmp_path / "half.xlsx")
        assert error.value.key == "error.import_broken"
    assert count(house, Part) == 0


def test_a_bomb_is_not_unpacked(house: Core, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)
    with pytest.raises(Invalid) as error:
        load(house, "parts", tmp_path / "bomb.xlsx")
    assert error.value.key == "error.import_too_large"


def test_a_missing_column_is_named_and_a_mapping_helps(house: Core, tmp_path: Path) -> None:
    path = write(tmp_path, "p.csv", ["Teil,Name,Farbe", "06L115562B,Filter,rot"])
    with pytest.raises(Invalid) as error:
        load(house, "parts", path)
    assert error.value.params["missing"] == "oe"
    assert "Teil" in error.value.params["unknown"]
    assert "oe (" in error.value.params["known"]
    mapping = write(tmp_path, "map.yaml", ["columns:", "  Teil: oe"])
    report = load(house, "parts", path, mapping)
    assert (counts(report), report.ignored) == ((1, 0, 0, 0), ("Farbe",))
    wrong = write(tmp_path, "wrong.yaml", ["Teil: number"])
    with pytest.raises(Invalid) as unknown:
        load(house, "parts", path, wrong)
    assert unknown.value.key == "error.import_mapping_column"


def test_bad_rows_are_written_out_and_the_rest_lands(house: Core, tmp_path: Path) -> None:
    load(house, "parts", write(tmp_path, "p.csv", ["oe,name", "06L115562B,机油滤清器"]))
    path = write(tmp_path, "s.csv", [
        "oe,unit,quantity,bin", f"06L115562B,{DEALER},5,A-1", f"=1+1,{DEALER},5,", f"06L115562B,{DEALER},viele,",
        f"06L115562B,{DEALER},-3,", "06L115562B,nowhere,1,", f"06L115562B,{DEALER},7,A-1,extra",
    ])  # fmt: skip
    report = load(house, "stock", path)
    assert counts(report) == (1, 0, 0, 5)
    assert [(line, key) for line, key, _, _ in report.rejected] == [
        (3, "error.unknown_part"), (4, "error.not_a_number"), (5, "error.negative"), (6, "error.unknown_unit"),
        (7, "error.import_too_many_cells"),
    ]  # fmt: skip
    assert report.rejected_path == tmp_path / "s.rejected.csv"
    with report.rejected_path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0] == {"oe": "'=1+1", "unit": DEALER, "quantity": "5", "bin": "", "line": "3",
                       "reason": "unknown_part: field=oe, value==1+1"}  # fmt: skip
    assert count(house, PartStock) == 1


def test_a_dry_run_counts_and_changes_nothing(house: Core, tmp_path: Path) -> None:
    path = write(tmp_path, "p.csv", ["oe,name", "06L115562B,机油滤清器", ",无号"])
    assert counts(load(house, "parts", path, dry=True)) == (1, 0, 0, 1)
    assert count(house, Part) == 0
    assert not (tmp_path / "p.rejected.csv").exists()


def test_a_catalogue_of_several_batches_with_bad_rows(house: Core, tmp_path: Path) -> None:
    parts = [f"{i:09d},件{i}" for i in range(1_200)]
    assert counts(load(house, "parts", write(tmp_path, "p.csv", ["oe,name", *parts])))[0] == 1_200
    load(house, "models", write(tmp_path, "m.csv", ["key,brand,series", "m1,大众,迈腾"]))
    rows = [f"{i:09d},m1,yes,CUF;CUG" for i in range(1_200)] + ["000000000,none,yes,", "999999999,m1,yes,"]
    path = write(tmp_path, "a.csv", ["oe,model_key,fits,engine_code", *rows])
    assert counts(load(house, "applications", path)) == (1_200, 0, 0, 2)
    assert counts(load(house, "applications", path)) == (0, 0, 1_200, 2)
    assert count(house, Application) == 1_200


def test_leads_go_round_and_come_once(house: Core, tmp_path: Path) -> None:
    rows = [f"客户{i},138001380{i:02d},迈腾,官网,上海," for i in range(9)]
    path = write(tmp_path, "l.csv", [LEADS, *rows])
    assert counts(load(house, "leads", path)) == (9, 0, 0, 0)
    with house.database.read() as session:
        owners = session.execute(select(col(Lead.owner_id), func.count()).group_by(col(Lead.owner_id))).all()
        sources = set(session.execute(select(col(Lead.source))).scalars())
    assert sorted(number for _, number in owners) == [3, 3, 3]
    assert sources == {"website"}
    assert count(house, Outbox, col(Outbox.kind) == "lead") == 9
    assert counts(load(house, "leads", path)) == (0, 0, 9, 0)
    assert (count(house, Lead), count(house, Touch), count(house, Outbox)) == (9, 9, 9)


def test_the_same_line_twice_is_one_lead_with_two_touches(house: Core, tmp_path: Path) -> None:
    line = "重复,19900001307,ES6,website,上海,"
    path = write(tmp_path, "l.csv", [LEADS, line, line])
    assert counts(load(house, "leads", path)) == (1, 1, 0, 0)
    assert (count(house, Lead), count(house, Touch)) == (1, 2)
    assert counts(load(house, "leads", path)) == (0, 0, 2, 0)


def test_old_and_closed_leads_are_quiet(house: Core, tmp_path: Path) -> None:
    path = write(tmp_path, "l.csv", [
        "name,phone,vehicle,event_time,status", "老线索,13800138090,迈腾,2025-11-02 14:20,",
        "战败的,13800138091,迈腾,2026-03-13 10:00,战败", "新线索,13800138092,迈腾,2026-03-13 10:00,",
        "怪状态,13800138093,迈腾,2026-03-13 10:00,有点意思",
    ])  # fmt: skip
    assert counts(load(house, "leads", path)) == (3, 0, 0, 1)
    with house.database.read() as session:
        leads = {
            name: (lead.state, lead.created_at.year, lead.owner_id is not None)
            for lead, name in session.execute(
                select(Lead, col(Customer.name)).join(Customer, col(Customer.id) == col(Lead.customer_id))
            ).all()
        }
        timed = set(session.execute(select(col(Timer.subject))).scalars())
        followed = session.execute(select(col(Followup.id), col(Followup.customer_id))).all()
    assert leads["老线索"] == ("new", 2025, True)
    assert leads["战败的"][0] == "lost"
    assert leads["新线索"][:2] == ("new", 2026)
    assert count(house, Outbox) == 1
    assert timed == {f"followup:{followup}" for followup, _ in followed}
    assert len({customer for _, customer in followed}) == 1


def test_odd_leads_lose_nothing(house: Core, tmp_path: Path) -> None:
    path = write(tmp_path, "l.csv", [
        LEADS, "秋月,1380013800,ES6,website,上海,少一位", ",,ES8,website,上海,无名无号",
        "夏荷,19900001302;19900001303,X5,,,",
        " 前后空格 ,　19900001305 ,ES6,,,", "宋时,１９９００００１３０６,ES6,,,", "少三列,19900001310,ES6",
        f"长留言,19900001309,ES6,,,{'看' * 5000}",
    ])  # fmt: skip
    report = load(house, "leads", path)
    assert [(line, key) for line, key, _, _ in report.rejected] == [
        (3, "error.name_or_phone"),
        (8, "error.too_long"),
    ]
    assert report.added == 5
    assert count(house, Customer, col(Customer.name) == "前后空格") == 1
    assert count(house, ContactPoint, col(ContactPoint.ok)) == 5
    assert count(house, ContactPoint, col(ContactPoint.ok).is_(False)) == 1


def test_customers_cars_and_orders_hang_together(house: Core, tmp_path: Path) -> None:
    load(house, "models", write(tmp_path, "m.csv", ["key,brand,series,model_year", "m1,大众,迈腾,2018"]))
    customers = ["编号,姓名,手机,销售顾问,生日,营销同意", "c1,黄志远,138 0013 8011,销售rep2,1986-05-21,是"]
    assert counts(load(house, "customers", write(tmp_path, "c.csv", customers))) == (1, 0, 0, 0)
    cars = ["车主,车架号,车牌,车型", "13800138011,LFV3A23C0J3138206,沪A·8K206,2018款迈腾", "c1,LFV3A23C0J313820,,",
            "没有这个人,,沪B12345,"]  # fmt: skip
    report = load(house, "vehicles", write(tmp_path, "v.csv", cars))
    assert counts(report) == (1, 0, 0, 2)
    assert [key for _, key, _, _ in report.rejected] == ["error.bad_vin", "error.unknown_customer"]
    orders = ["订单号,客户,类型,状态,商品,数量,单价,下单日期", "o1,c1,配件,已到店,前刹车片,2,660,2026-03-01",
              "o1,c1,配件,已到店,工时,1,200,2026-03-01", "o2,c1,整车,在途,途观L,1,24.19万,2026/2/28"]  # fmt: skip
    path = write(tmp_path, "o.csv", orders)
    assert counts(load(house, "orders", path, batch=1)) == (3, 0, 0, 0)
    assert counts(load(house, "orders", path)) == (0, 0, 3, 0)
    assert (count(house, Order), count(house, OrderLine)) == (2, 3)
    with house.database.read() as session:
        amounts = {order.code: order.amount_fen for order in session.execute(select(Order)).scalars()}
    assert amounts == {"o1": 152_000, "o2": 24_190_000}


def test_a_corrected_file_changes_only_what_differs(house: Core, tmp_path: Path) -> None:
    load(house, "parts", write(tmp_path, "p.csv", ["oe,name,price", "A1234567,件,10", "B1234567,件,10"]))
    second = write(tmp_path, "q.csv", ["oe,name,price", "A1234567,件,12", "B1234567,件,10"])
    assert counts(load(house, "parts", second)) == (0, 1, 1, 0)


def test_only_who_may_import_does(house: Core, tmp_path: Path) -> None:
    path = write(tmp_path, "p.csv", ["oe,name", "A1234567,件"])
    with pytest.raises(Refused):
        run_import(house, house.actor("rep1"), "parts", path)
    with pytest.raises(Invalid):
        load(house, "nonsense", path)
    with pytest.raises(Invalid):
        load(house, "parts", tmp_path / "none.csv")


def test_progress_is_told(house: Core, tmp_path: Path) -> None:
    path = write(tmp_path, "p.csv", ["oe,name", *[f"A{i:07d},件" for i in range(25)]])
    heard: list[tuple[int, int]] = []
    admin = house.actor("admin1")
    run_import(
        house, admin, "parts", path, batch=10, progress=lambda done, total: heard.append((done, total))
    )
    assert heard == [(10, 25), (20, 25), (25, 25)]
    assert house.ask(StockOf(oe="a0000003"), house.actor("rep1")).oe == "A0000003"


@pytest.mark.parametrize(
    ("said", "day"),
    [("农历八月十五", "08-15"), ("腊月廿三", "12-23"), ("正月初一", "01-01"), ("十一月二十", "11-20"),
     ("三月三十一", ""), ("1986-05-21", ""), ("", "")],
)  # fmt: skip
def test_lunar_birthdays_in_words(said: str, day: str) -> None:
    assert lunar_day(said) == day


SAMPLE = Path(__file__).parents[3] / "examples" / "dealership" / "sample_import"


def test_the_sample_catalogue_with_its_names(house: Core, tmp_path: Path) -> None:
    path = tmp_path / "catalogue.xml"
    path.write_bytes((SAMPLE / "catalogue.aces.xml").read_bytes())
    first, again = (run_import(house, house.actor("admin1"), "applications", path, names=SAMPLE / "aces_names.csv")
                    for _ in range(2))  # fmt: skip
    assert (counts(first), counts(again)) == ((17, 0, 0, 1), (0, 0, 17, 1))
    question = CheckFit(part=PartSpec(oe="dp1101"), vehicle=VehicleSpec(external_id="aces:7542"))
    answer = house.ask(question, house.actor("rep1"))
    assert (answer.verdict, answer.part, answer.vehicle) == ("fits_if", "刹车片", "Northwind Comet 2019款")


PARTS_CSV = ("零件号,名称,品牌,类别,价格,是否副厂", "5Q0 698 151 D,前刹车片,大众,刹车片,560,",
             "DP-1,刹车片,天合,刹车片,200,是", "DP 1,刹车片,泰明顿,刹车片,210,")  # fmt: skip
TABLES: dict[str, tuple[tuple[str, ...], tuple[int, int, int, int]]] = {
    "supersessions": (("旧件号,新件号,来源,可信度", "5Q0698151B,5Q0 698 151 D,通告,高", "5Q0698151C,5Q0698151D,,0.6",
                       "5Q0698151D,5q0-698-151-d,,", "1,2,,130%"), (2, 0, 0, 2)),
    "interchanges": (("OE号,互换号", "5Q0698151D,8V0 698 151 C"), (1, 0, 0, 0)),
    "aftermarket": (("OE号,品牌,副厂号,置信度", "5Q0698151D,TRW,DP-1,90"), (1, 0, 0, 0)),
    "crossrefs": (("类型,号码,OE号", "替代,5Q0698151A,5Q0698151D", "什么,1,2"), (1, 0, 0, 1)),
    "prices": (("零件号,品牌,零售价,车队价", "5Q0698151D,,560,500", "DP1,TRW,220,", "DP1,,220,", "9,,1,1"), (2, 0, 0, 2)),
    "stock": (("零件号,品牌,门店,数量", "DP1,泰明顿,star.east.here.,4", "DP1,,star.east.here.,4"), (1, 0, 0, 1)),
    "applications": (("零件号,品牌,车型编号,条件,用量", "DP1,TRW,m1,驱动=四驱;带运动包,2", "DP1,TRW,aces:5,,2", "DP1,,m1,,"),
                     (2, 0, 0, 1)),
}  # fmt: skip


@pytest.mark.parametrize("kind", list(TABLES))
def test_tables_of_the_catalogue_in_chinese(house: Core, tmp_path: Path, kind: str) -> None:
    job = house.system("star")
    house.execute(AddModel(code="m1", brand="大众", series="迈腾", external_id="aces:5"), job)
    assert counts(load(house, "parts", write(tmp_path, "parts.csv", PARTS_CSV))) == (3, 0, 0, 0)
    lines, expected = TABLES[kind]
    path = write(tmp_path, "table.csv", lines)
    assert counts(load(house, kind, path, dry=True)) == expected
    assert counts(load(house, kind, path)) == expected
    added, _, _, rejected = expected
    assert counts(load(house, kind, path)) == (0, 0, added, rejected)


def test_contradictions_of_a_table_are_told_and_kept_in_a_file(house: Core, tmp_path: Path) -> None:
    job = house.system("star")
    house.execute(AddModel(code="m1", brand="大众", series="迈腾"), job)
    load(house, "parts", write(tmp_path, "parts.csv", PARTS_CSV))
    lines = ("零件号,车型编号,适配,发动机代码,来源", "5Q0698151D,m1,是,CUF,甲", "5Q0698151D,m1,否,CUG,乙",
             "5Q0698151D,m1,否,CUF,丙")  # fmt: skip
    path = write(tmp_path, "applications.csv", lines)
    report = load(house, "applications", path, dry=True)
    assert len(report.contradictions) == 1
    report = load(house, "applications", path)
    assert report.contradictions_path is not None
    told = report.contradictions_path.read_text(encoding="utf-8-sig").splitlines()
    assert len(told) == 2
    assert "甲" in told[1]
    assert "丙" in told[1]


def test_one_part_said_twice_in_a_file_ends_as_it_was_said_last(house: Core, tmp_path: Path) -> None:
    head = "OE No.,名称,位置,替代"
    lines = [head, "LK-001,前刹车片,前面,LK-000", "LK-002,前刹车片,前轴,LK-001", "LK-001,前刹车片,前,LK-009"]
    assert counts(load(house, "parts", write(tmp_path, "parts.csv", lines)))[3] == 0
    for old, new in (("LK-009", "LK-001"), ("LK-001", "LK-002")):
        answer = house.ask(StockOf(oe=old), house.actor("rep1"))
        assert new in (answer.oe, *answer.superseded_by)
    assert not house.ask(StockOf(oe="LK-000"), house.actor("rep1")).part_id


def test_an_empty_cell_is_named(house: Core, tmp_path: Path) -> None:
    report = load(house, "parts", write(tmp_path, "parts.csv", ["OE号,名称", ",机油滤清器"]))
    assert [(key, params["column"]) for _, key, params, _ in report.rejected] == [("error.empty_cell", "oe (oe号)")]

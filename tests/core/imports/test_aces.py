"""ACES XML: read as a stream, whole or not at all, and never trusted."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import col

from crm_core.api import Core
from crm_core.fitment.messages import (
    AddApplication,
    CheckFit,
    Contradictions,
    FitAnswer,
    PartSpec,
    VehicleSpec,
)
from crm_core.fitment.tables import Application, Part
from crm_core.imports.aces import MAX_TEXT, MAX_TOKEN, Document, read_aces, survey
from crm_core.imports.run import ImportReport, run_import
from crm_core.kernel.errors import Invalid, Refused
from crm_core.vehicles.messages import AddModel, FindModels
from tests.core.imports.test_import import house as house

VEHICLE = '<BaseVehicle id="7541"/>'
REST = '<Qty>2</Qty><PartType id="1684"/><Position id="22"/><Part>D 1234</Part>'


def app(number: int, body: str, action: str = "A") -> str:
    return f'<App action="{action}" id="{number}">{body}</App>'


def aces(
    *apps: str, count: int | None = None, kind: str = "UPDATE", version: str = "4.2", before: str = ""
) -> str:
    header = f"<Company>Demo</Company><BrandAAIAID>ZZZD</BrandAAIAID><SubmissionType>{kind}</SubmissionType>"
    footer = f"<Footer><RecordCount>{len(apps) if count is None else count}</RecordCount></Footer>"
    return f'<?xml version="1.0"?>{before}<ACES version="{version}"><Header>{header}</Header>{"".join(apps)}{footer}</ACES>'


def load(core: Core, folder: Path, text: str, *, dry: bool = False, names: str = "") -> ImportReport:
    path, table = folder / "file.xml", folder / "names.csv"
    path.write_text(text, encoding="utf-8")
    table.write_text(names, encoding="utf-8")
    return run_import(core, core.actor("admin1"), "aces", path, names=table if names else None, dry_run=dry)


def counts(report: ImportReport) -> tuple[int, int, int, int, int]:
    return report.added, report.changed, report.unchanged, report.removed, len(report.rejected)


def fit(core: Core, number: str, vehicle: str = "aces:7541", **said: object) -> FitAnswer:
    question = CheckFit(part=PartSpec(oe=number), vehicle=VehicleSpec(external_id=vehicle, **said))  # type: ignore[arg-type]
    answer = core.ask(question, core.actor("rep1"))
    assert isinstance(answer, FitAnswer)
    return answer


def rows(core: Core) -> list[Application]:
    with core.database.read() as session:
        return list(session.execute(select(Application).order_by(col(Application.id))).scalars())


def test_a_base_vehicle_without_names_is_known_by_its_id(house: Core, tmp_path: Path) -> None:
    assert counts(load(house, tmp_path, aces(app(17, VEHICLE + REST)))) == (1, 0, 0, 0, 0)
    answer = fit(house, "d-1234")
    assert (answer.verdict, answer.vehicle) == ("fits", "ACES 7541")
    assert fit(house, "d-1234", "aces:7542").verdict == "no_data"
    [row] = rows(house)
    assert (row.ref, row.source, row.quantity, row.category) == ("17", "ACES ZZZD", 2, "aces:1684")


@pytest.mark.parametrize("qualifier", [
    '<SubModel id="20"/>', '<EngineBase id="2143"/>', "<Note>w/ 312 mm rotors</Note>", '<DriveType id="5"/>',
    '<Qual id="6510"><param value="312" uom="mm"/><text>With 312 mm rotors</text></Qual>', "<SomethingNew>x</SomethingNew>",
])  # fmt: skip
def test_what_restricts_is_never_ignored(house: Core, tmp_path: Path, qualifier: str) -> None:
    load(house, tmp_path, aces(app(1, VEHICLE + qualifier + REST)))
    answer = fit(house, "D1234")
    assert answer.verdict == "fits_if"
    assert answer.qualifiers


def test_the_same_file_again_changes_nothing_and_new_ids_are_no_change(house: Core, tmp_path: Path) -> None:
    bodies = [VEHICLE + REST, f"{VEHICLE}<Note>other</Note>{REST}", f'<BaseVehicle id="9"/>{REST}']
    first = aces(*(app(at, body) for at, body in enumerate(bodies)))
    assert counts(load(house, tmp_path, first, dry=True)) == (3, 0, 0, 0, 0)
    assert rows(house) == []
    assert counts(load(house, tmp_path, first)) == (3, 0, 0, 0, 0)
    assert counts(load(house, tmp_path, first)) == (0, 0, 3, 0, 0)
    renumbered = aces(*(app(at + 90, body) for at, body in enumerate(bodies)))
    assert counts(load(house, tmp_path, renumbered)) == (0, 0, 3, 0, 0)
    assert counts(load(house, tmp_path, first.replace("<Qty>2", "<Qty>4", 1))) == (0, 1, 2, 0, 0)


def test_an_application_that_is_no_more_is_removed(house: Core, tmp_path: Path) -> None:
    load(house, tmp_path, aces(app(1, VEHICLE + REST), app(2, f'<BaseVehicle id="9"/>{REST}')))
    gone = aces(app(77, VEHICLE + REST, "D"))
    assert counts(load(house, tmp_path, gone, dry=True)) == (0, 0, 0, 1, 0)
    assert counts(load(house, tmp_path, gone)) == (0, 0, 0, 1, 0)
    assert counts(load(house, tmp_path, gone)) == (0, 0, 0, 0, 0)
    assert fit(house, "D1234").verdict != "fits"
    assert fit(house, "D1234", "aces:9").verdict == "fits"


def test_a_whole_catalogue_replaces_what_it_said_before_about_the_same_kinds(
    house: Core, tmp_path: Path
) -> None:
    other = '<BaseVehicle id="9"/><Qty>1</Qty><PartType id="7"/><Part>F1</Part>'
    load(house, tmp_path, aces(app(1, VEHICLE + REST), app(2, f'<BaseVehicle id="9"/>{REST}'), app(3, other)))
    whole = aces(app(1, VEHICLE + REST), kind="FULL")
    assert counts(load(house, tmp_path, whole, dry=True)) == (0, 0, 1, 1, 0)
    assert counts(load(house, tmp_path, whole)) == (0, 0, 1, 1, 0)
    assert fit(house, "F1", "aces:9").verdict == "fits"
    broken = aces(app(1, other), app(2, "<Qty>1</Qty><Part>D1234</Part>"), kind="FULL")
    assert counts(load(house, tmp_path, broken)) == (0, 0, 1, 0, 1)


def test_names_of_the_customers_own_table(house: Core, tmp_path: Path) -> None:
    text = aces(app(1, f'{VEHICLE}<SubModel id="20"/>{REST}'), app(2, '<Years from="2018" to="2019"/><Make id="5"/>'
                                                                      f'<Model id="6"/>{REST}'))  # fmt: skip
    assert counts(load(house, tmp_path, text)) == (2, 0, 0, 0, 0)
    table = ("table,id,year,make,model,name,make_id,model_id\n,7541,2018,大众,迈腾,,5,6\nSubModel,20,,,,330TSI,,\n"
             "Position,22,,,,Front,,\nPartType,1684,,,,刹车片,,\nBrand,ZZZD,,,,示例牌,,\n")  # fmt: skip
    assert counts(load(house, tmp_path, text, names=table))[4] == 0
    answer = fit(house, "D1234")
    assert "2018款" in answer.vehicle
    assert "迈腾" in answer.vehicle
    with house.database.read() as session:
        [part] = session.execute(select(Part)).scalars().all()
    assert part.brand == "示例牌"


def test_years_make_and_model_are_a_vehicle_a_year(house: Core, tmp_path: Path) -> None:
    load(
        house, tmp_path, aces(app(1, f'<Years from="2010" to="2012"/><Make id="75"/><Model id="99"/>{REST}'))
    )
    assert [fit(house, "D1234", f"aces:75/99/{year}").verdict for year in (2009, 2010, 2012, 2013)] == [
        "no_data", "fits", "fits", "no_data"]  # fmt: skip


def test_own_models_that_carry_the_id_are_meant(house: Core, tmp_path: Path) -> None:
    job = house.system("star")
    for code in ("a", "b"):
        house.execute(
            AddModel(code=code, brand="大众", series="迈腾", year=2018, external_id="aces:7541"), job
        )
    load(house, tmp_path, aces(app(1, VEHICLE + REST)))
    assert {row.model_id for row in rows(house)} == {
        model.id for model in house.ask(FindModels(series="迈腾"), job)
    }


def test_rows_that_cannot_be_used_go_to_a_file(house: Core, tmp_path: Path) -> None:
    bad = ["<Qty>1</Qty><Part>D1</Part>", f"{VEHICLE}<Part>--</Part>", VEHICLE,
           '<Years from="2012" to="2010"/><Make id="1"/><Model id="2"/><Part>D1</Part>',
           f'<Years from="{"9" * 5000}"/><Make id="1"/><Model id="2"/><Part>D1</Part>']  # fmt: skip
    text = aces(
        *(app(at, body) for at, body in enumerate(bad)), app(9, VEHICLE + REST, "X"), app(10, VEHICLE + REST)
    )
    report = load(house, tmp_path, text.replace("<App", "\n<App"))
    assert counts(report) == (1, 0, 0, 0, 6)
    assert report.rejected_path is not None
    with report.rejected_path.open(encoding="utf-8-sig") as file:
        told = list(csv.DictReader(file))
    assert [(row["app"], row["line"]) for row in told] == [(str(n), str(n + 2)) for n in range(5)] + [
        ("9", "7")
    ]


HOSTILE = {
    "a bomb of entities": aces(
        app(1, VEHICLE + REST), before='<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    ),
    "a file of the machine": aces(
        app(1, REST + "&x;"), before='<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    ),
    "depth": aces("<a>" * 5_000 + "</a>" * 5_000),
    "a text": aces(app(1, f"{VEHICLE}<Note>{'x' * (MAX_TEXT + 1)}</Note>{REST}")),
    "texts in pieces": aces(app(1, f"{VEHICLE}<Note>{('x' * 99 + '&amp;') * (MAX_TEXT // 50)}</Note>{REST}")),
    "an attribute": aces(app(1, f'{VEHICLE}<Note id="{"x" * (2 * MAX_TOKEN)}"/>{REST}')),
    "a remark": aces(app(1, f"{VEHICLE}<!--{'x' * (2 * MAX_TOKEN)}-->{REST}")),
    "elements": aces(app(1, VEHICLE + "<Note>x</Note>" * 300 + REST)),
    "half a file": aces(app(1, VEHICLE + REST))[:-30],
    "no footer": f'<ACES version="3.2">{app(1, VEHICLE + REST)}</ACES>',
    "a footer that counts others": aces(app(1, VEHICLE + REST), count=2),
    "another standard": "<PIES><Item/></PIES>",
    "another version": aces(app(1, VEHICLE + REST), version="2.0"),
    "no XML": "oe,model\n1,2\n",
    "nothing": "",
}


@pytest.mark.parametrize("what", list(HOSTILE))
def test_what_is_hostile_or_broken_is_refused_whole(house: Core, tmp_path: Path, what: str) -> None:
    with pytest.raises(Invalid):
        load(house, tmp_path, HOSTILE[what])
    assert rows(house) == []


def test_encodings_and_prefixes(tmp_path: Path) -> None:
    text = aces(app(1, f"{VEHICLE}<Note>前轮</Note>{REST}"))
    path = tmp_path / "file.xml"
    prefixed = text.replace("<", "<a:").replace("<a:/", "</a:").replace("<a:?", "<?")
    prefixed = prefixed.replace("<a:ACES", '<a:ACES xmlns:a="http://www.autocare.org"')
    for raw in (text.encode("utf-16"), b"\xef\xbb\xbf" + text.encode(), prefixed.encode()):
        path.write_bytes(raw)
        [one] = read_aces(path, Document())
        assert ("Note", "前轮") in [(name, said) for name, _, said in one.children]
        assert survey(path).apps == 1


def test_only_who_may_import_does(house: Core, tmp_path: Path) -> None:
    path = tmp_path / "file.xml"
    path.write_text(aces(app(1, VEHICLE + REST)))
    with pytest.raises(Refused):
        run_import(house, house.actor("rep1"), "applications", path)


def test_contradictions_are_told(house: Core, tmp_path: Path) -> None:
    job = house.system("star")
    load(house, tmp_path, aces(app(1, VEHICLE + REST), app(2, f"{VEHICLE}<Note>x</Note><Part>D9</Part>")))
    assert house.ask(Contradictions(), job) == []
    house.execute(AddApplication(oe="D1234", model_code="aces:7541", fits=False, source="我们试过"), job)
    house.execute(
        AddApplication(oe="D9", model_code="aces:7541", fits=False, conditions=(("Note", "x"), ("a", "b"))),
        job,
    )
    [case] = house.ask(Contradictions(), job)
    assert (case.oe, "我们试过" in case.no, "#1" in case.yes) == ("D 1234", True, True)
    report = load(house, tmp_path, aces(app(1, VEHICLE + REST)))
    assert report.contradictions_path is not None
    assert "D 1234" in report.contradictions_path.read_text(encoding="utf-8-sig")

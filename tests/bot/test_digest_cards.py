"""Short lines, each with what opens it; no more than fit; the same figures in words as in the picture."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot.cards.digests import line_text, plan_card, rest_card, summary_card
from bot.cards.weekly import week_card
from bot.texts import Texts, Voice
from crm_core.insights.messages import (
    Counted,
    Done,
    Line,
    OwnerLine,
    PlanView,
    ReasonLine,
    SlowLine,
    StageLine,
    SummaryView,
    WeekView,
)

NOW = datetime(2026, 11, 23, 0, 45, tzinfo=UTC)  # Monday, 08:45 in Shanghai
TODAY, TOMORROW = date(2026, 11, 23), date(2026, 11, 24)


def voice(lang: str = "zh") -> Voice:
    return Voice(Texts.load(), lang, "Asia/Shanghai", NOW)


def line(group: str = "timed", kind: str = "task", **more: Any) -> Line:
    made: dict[str, Any] = {"group": group, "kind": kind, "subject": f"{kind}:1", "name": "张伟", "what": ""}
    return Line.model_validate(made | more)


def at(hour: int, day: int = 23) -> datetime:
    return datetime(2026, 11, day, hour - 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "zh", "en"),
    [
        (line(what="给张伟送合同", at=at(15)), "给张伟送合同", "给张伟送合同"),
        (line(kind="test_drive", subject="appointment:1", what="ES6", at=at(15)), "张伟 · 试驾 · ES6",
         "张伟 · test drive · ES6"),
        (line("first_call", "first_call", subject="lead:1", what="ES6", at=at(10)), "张伟 · ES6 · 10:00前",
         "张伟 · ES6 · by 10 am"),
        (line("first_call", "first_call", subject="lead:1"), "张伟", "张伟"),
        (line("overdue", "first_call", subject="lead:1", at=at(8)), "张伟 · 首次联系 · 08:00",
         "张伟 · first call · 8 am"),
        (line("overdue", what="报价", at=at(17, 22)), "张伟 · 报价 · 昨天 17:00", "张伟 · 报价 · yesterday, 5 pm"),
        (line("birthday", "birthday", subject="followup:1"), "张伟", "张伟"),
        (line("renewal", "insurance", what="保险", on=TOMORROW), "张伟 · 保险 · 明天", "张伟 · 保险 · tomorrow"),
        (line("untimed", name="", what="整理钥匙"), "整理钥匙", "整理钥匙"),
        (line("untimed", name=""), "待办", "To do"),
    ],
)  # fmt: skip
def test_a_line_says_whom_what_and_when(given: Line, zh: str, en: str) -> None:
    assert line_text(voice(), given) == zh
    assert line_text(voice("en"), given).lower() == en.lower()


def plan(count: int, limit: int = 12) -> PlanView:
    lines = tuple(line(what=f"事{n}", subject=f"task:{n}", at=at(10)) for n in range(count))
    return PlanView(on=TODAY, lines=lines, limit=limit)


@pytest.mark.parametrize(
    ("count", "shown", "rest"), [(1, 1, ""), (12, 12, ""), (13, 12, "还有1条"), (40, 12, "还有28条")]
)
def test_no_more_than_fit_and_the_rest_is_a_press_away(count: int, shown: int, rest: str) -> None:
    card = plan_card(voice(), plan(count))
    assert len(card.fields) == shown
    on_lines = [button for button in card.buttons if button.line is not None]
    assert [button.line for button in on_lines] == list(range(shown))
    assert [button.params["subject"] for button in on_lines] == [f"task:{n}" for n in range(shown)]
    assert [button.label for button in card.buttons if button.line is None] == ([rest] if rest else [])


def test_the_rest_goes_on_where_it_stopped_and_leaves_nothing_out() -> None:
    view, seen, start = plan(30), [], 0
    card = plan_card(voice(), view)
    while True:
        seen += [button.params["subject"] for button in card.buttons if button.line is not None]
        further = [button for button in card.buttons if button.verb == "digest.rest"]
        if not further:
            break
        start = further[0].params["from"]
        card = rest_card(voice(), view, start)
    assert seen == [f"task:{n}" for n in range(30)]


def test_a_plan_that_has_become_shorter_meanwhile_says_so() -> None:
    card = rest_card(voice(), plan(5), 12)
    assert (card.title, card.fields, card.buttons) == ("没有别的了。", (), ())


def test_an_empty_day_is_a_friendly_word() -> None:
    assert plan_card(voice(), plan(0)).title == "今天没有安排，轻松一下。"
    assert plan_card(voice("en"), plan(0)).title == "Nothing planned today. Enjoy."


def summary(**more: Any) -> SummaryView:
    made: dict[str, Any] = {
        "on": TODAY,
        "done": (),
        "still_open": (),
        "next_on": TOMORROW,
        "first": None,
        "next_count": 0,
    }
    return SummaryView.model_validate(made | more)


def test_the_summary_is_done_open_and_what_comes_first() -> None:
    done = (Done(kind="contacts", count=3), Done(kind="first_calls", count=2), Done(kind="won", count=1))
    view = summary(
        done=done,
        still_open=(line(what="报价", at=at(20)),),
        first=line(what="交车", at=at(9, 24)),
        next_count=4,
    )
    card = summary_card(voice(), view)
    assert card.title == "今天总结：做完4件"
    assert [(f.k, f.v) for f in card.fields] == [
        ("完成", "跟进3次 · 首次联系2个 · 成交1台"), ("20:00", "张伟 · 报价"),
        ("明天先办", "09:00 · 张伟 · 交车 · 当天共4件"),
    ]  # fmt: skip
    assert [button.line for button in card.buttons] == [1, 2]
    assert card.status == "1件未办"


def test_a_day_on_which_nothing_was_finished_is_not_praised() -> None:
    card = summary_card(voice(), summary(still_open=(line(what="报价", at=at(20)),)), title="digest.evening")
    assert card.title == "今天总结"
    assert summary_card(voice(), summary()).title == "今天还没有记录，也没有没办完的事。"


def test_the_summary_keeps_to_its_length() -> None:
    many = tuple(line(what=f"事{n}", subject=f"task:{n}", at=at(20)) for n in range(20))
    card = summary_card(voice(), summary(done=(Done(kind="tasks", count=1),), still_open=many))
    assert len(card.fields) == 12
    (rest,) = [button for button in card.buttons if button.verb == "digest.rest"]
    assert (rest.label, rest.params["from"]) == ("还有10条", 10)


def week(**more: Any) -> WeekView:
    made: dict[str, Any] = {
        "start": date(2026, 11, 16), "end": date(2026, 11, 22), "unit_name": "浦东店",
        "figures": tuple(Counted(kind=k, count=c, before=b) for k, c, b in
                         (("leads", 20, 10), ("test_drives", 5, 5), ("quotes", 4, 1), ("won", 2, 0), ("lost", 1, 3))),
        "funnel": (StageLine(key="new", name="新线索", count=3, amount_fen=0),
                   StageLine(key="quote", name="报价", count=0, amount_fen=0)),
        "elsewhere": 0, "overdue": (OwnerLine(person_id="1", name="林佳", tasks=2, followups=1),), "slow": (),
        "slow_count": 0, "lost": (ReasonLine(reason="价格", count=2), ReasonLine(reason="", count=1)),
    }  # fmt: skip
    return WeekView.model_validate(made | more)


def test_the_week_in_words() -> None:
    fields = {f.k: f.v for f in week_card(voice(), week(), "week_report").fields}
    assert fields == {
        "新线索": "20（上周10）", "试驾": "5（上周5）", "报价": "4（上周1）", "成交": "2（上周0）", "战败": "1（上周3）",
        "转化": "线索→试驾 25% · 试驾→报价 80% · 线索→成交 10%", "商机漏斗": "新线索 3", "超时未办": "林佳 3",
        "战败原因": "价格 2 · 未说明 1",
    }  # fmt: skip


def test_slow_deals_open_and_their_number_is_told() -> None:
    slow = tuple(SlowLine(deal_id=f"d{n}", name=f"客户{n}", interest="", stage_name="报价", owner_name="林佳", days=20 - n,
                          expected_days=5) for n in range(5))  # fmt: skip
    card = week_card(voice(), week(slow=slow, slow_count=9, elsewhere=2), "week_report")
    lines = {button.line: button.params["subject"] for button in card.buttons}
    assert [(card.fields[i].k, card.fields[i].v, subject) for i, subject in sorted(lines.items())] == [
        (f"停留{20 - n}天", f"客户{n} · 报价 · 林佳", f"deal:d{n}") for n in range(3)
    ]
    assert card.note == "共9单停留过久，以上是最久的\n另有2单在其他流程"


@pytest.mark.parametrize(
    ("lang", "end", "span"),
    [("zh", 22, "11.16–11.22"), ("zh", 16, "11.16"), ("en", 22, "16/11 – 22/11"), ("en", 16, "16/11")],
)
def test_the_days_it_is_about(lang: str, end: int, span: str) -> None:
    assert week_card(voice(lang), week(end=date(2026, 11, end)), "week_report").status == span


def test_a_week_without_anything_divides_by_nothing() -> None:
    none = tuple(
        Counted(kind=k, count=0, before=0) for k in ("leads", "test_drives", "quotes", "won", "lost")
    )
    card = week_card(voice("en"), week(figures=none, funnel=(), overdue=(), lost=()), "week_report")
    assert "Conversion" not in {f.k for f in card.fields}
    assert card.title == "浦东店: weekly report"

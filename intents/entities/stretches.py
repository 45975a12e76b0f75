"""Stretches of the calendar that people name: weeks, months, quarters, halves, years, and their edges."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from .atoms import Day, Length, Stretch, add_months, shifted

_MIDDLE = (10, 20)


def week(day: date, weeks: int = 0) -> Stretch:
    """The week of a day, Monday to Monday, or one so many weeks off."""
    monday = day - timedelta(days=day.weekday()) + timedelta(weeks=weeks)
    return Stretch(monday, monday + timedelta(days=7))


def weekend(day: date, weeks: int = 0) -> Stretch:
    """Saturday and Sunday of the week of a day, or of one so many weeks off."""
    monday = week(day, weeks).start
    return Stretch(monday + timedelta(days=5), monday + timedelta(days=7))


def month(year: int, number: int) -> Stretch:
    first = date(year, number, 1)
    return Stretch(first, add_months(first, 1))


def month_named(number: int, year: int | None, today: date) -> Stretch:
    """A month; without its year the one to come (or now), and besides it the last one gone."""
    if year is not None:
        return month(year, number)
    coming = month(today.year + (number < today.month), number)
    gone = month(coming.start.year - 1, number)
    return coming._replace(open=True, others=((gone.start, gone.end),))


def month_off(today: date, months: int) -> Stretch:
    first = add_months(today.replace(day=1), months)
    return Stretch(first, add_months(first, 1))


def quarter(year: int, number: int) -> Stretch:
    first = date(year, number * 3 - 2, 1)
    return Stretch(first, add_months(first, 3))


def quarter_named(number: int, year: int | None, today: date) -> Stretch:
    """A quarter; without its year the one of this year, and besides it that of the next or the last."""
    if year is not None:
        return quarter(year, number)
    this = quarter(today.year, number)
    other = quarter(today.year + (1 if this.end <= today else -1), number)
    return this._replace(open=True, others=((other.start, other.end),))


def quarter_off(today: date, quarters: int) -> Stretch:
    first = add_months(date(today.year, (today.month - 1) // 3 * 3 + 1, 1), 3 * quarters)
    return Stretch(first, add_months(first, 3))


def half_year(year: int, number: int) -> Stretch:
    first = date(year, 1 if number == 1 else 7, 1)
    return Stretch(first, add_months(first, 6))


def year(number: int, years: int = 1) -> Stretch | None:
    """A year, a decade, a century; None beyond the calendar."""
    if not 1 <= number <= 9999 - years:
        return None
    return Stretch(date(number, 1, 1), date(number + years, 1, 1))


def nth_week(span: Stretch, number: int) -> Stretch | None:
    """The nth week of a month or a year (-1 is the last): the first is the one with its first Thursday."""
    thursday = span.start + timedelta(days=(3 - span.start.weekday()) % 7)
    count = (span.end - timedelta(days=1) - thursday).days // 7 + 1
    index = number - 1 if number > 0 else count + number
    return week(thursday, index) if 0 <= index <= count else None


def nth_weekday(span: Stretch, weekday: int, number: int) -> date | None:
    """The nth Monday of a month, -1 the last."""
    first = span.start + timedelta(days=(weekday - span.start.weekday()) % 7)
    count = (span.end - timedelta(days=1) - first).days // 7 + 1
    index = number - 1 if number > 0 else count + number
    return first + timedelta(weeks=index) if 0 <= index < count else None


def weekdays_of(span: Stretch, weekday: int, number: int, today: date) -> Day | None:
    """The nth Monday of a month, of the year to come and besides it of the last one when none was named."""
    months = [month(span.start.year + step, span.start.month) for step in ((0, 1, -1) if span.open else (0,))]
    days = [day for each in months if (day := nth_weekday(each, weekday, number))]
    found = [*sorted(d for d in days if d >= today)[:1], *sorted(d for d in days if d < today)[-1:]]
    return Day(fixed=found[0], gone=found[1] if len(found) > 1 else None) if found else None


def weeks_of(span: Stretch, number: int) -> Stretch | None:
    """The nth week of a month or a year; of a month without its year the last one besides."""
    found = nth_week(span, number)
    gone = nth_week(month(span.start.year - 1, span.start.month), number) if span.open else None
    return found._replace(others=((gone.start, gone.end),)) if found and gone else found


def first_of(span: Stretch, length: Length, last: bool = False) -> Stretch | None:
    """The first two weeks or the last ten days of a month or a year; weeks are whole ones."""
    weeks = length.days / 7 if length.days and length.days % 7 == 0 else 0
    if weeks and (span.end - span.start).days > 300:
        edge = nth_week(span, -1 if last else 1)
        if edge is None:
            return None
        step = timedelta(weeks=weeks)
        return Stretch(edge.end - step, edge.end) if last else Stretch(edge.start, edge.start + step)
    edge_day = shifted(span.end if last else span.start, length, -1 if last else 1)
    if isinstance(edge_day, datetime):
        return None
    return Stretch(edge_day, span.end) if last else Stretch(span.start, edge_day)


def edge(span: Stretch, where: str) -> Stretch:
    """The start, middle or end of a week, month or year; the other ways to cut it are among `others`.

    People mean a third of a month, the first or last days of a week, a third or a month of a year.
    """
    days = (span.end - span.start).days
    cuts = _week_cuts if days == 7 else _month_cuts if days <= 31 else _year_cuts
    first, *others = cuts(span, where)
    return Stretch(*first, where == "end", span.open, tuple(others))


def _week_cuts(span: Stretch, where: str) -> list[tuple[date, date]]:
    at = [span.start + timedelta(days=n) for n in range(8)]
    if where == "start":
        return [(at[0], at[3])]
    return [(at[1], at[5])] if where == "middle" else [(at[3], at[7])]


def _month_cuts(span: Stretch, where: str) -> list[tuple[date, date]]:
    first, after = span.start, span.end
    tenth, twentieth = (first + timedelta(days=n) for n in _MIDDLE)
    half = first + timedelta(days=15)
    if where == "start":
        return [(first, tenth), (first, half)]
    if where == "middle":
        return [(tenth, twentieth), (first + timedelta(days=9), twentieth)]
    return [(first + timedelta(days=24), after), (half, after), (twentieth, after)]


def _year_cuts(span: Stretch, where: str) -> list[tuple[date, date]]:
    first, after = span.start, span.end
    if where == "start":
        return [(first, add_months(first, 1)), (first, add_months(first, 4)), (first, add_months(first, 6))]
    if where == "middle":
        return [(add_months(first, 5), add_months(first, 6)), (add_months(first, 4), add_months(first, 8))]
    return [(add_months(first, back), after) for back in (11, 8, 6)]


def rest_of(span: Stretch, today: date) -> Stretch:
    """What is left of this week or month, today included."""
    return Stretch(max(today, span.start), span.end, edge=True)

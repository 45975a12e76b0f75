"""The statements that take messages out of the outbox."""

from __future__ import annotations

from functools import cache

# What is drawn after the claim shows what changed before it; what was drawn already may not.
_TAKE = """update outbox set state = 1, worker = :worker, token = token + 1, attempts = attempts + 1,
       lease_until = :lease, outdated = outdated and (body_enc is not null or kind = '@reply')"""
# Restored from a backup: only answers to what people say since then leave the house.
_NEW = "and {0}.priority = 0 and {0}.created_at >= :since"


@cache
def claim_sql(*, account: bool, sqlite: bool, runs: bool, paused: bool, urgent: bool) -> str:
    """The claim, with parameters now, lease, worker, n, park, and (if asked for) account and since.

    A row waits for earlier ones of its chat that matter as much, unless they failed `park` times. With `runs`
    a row may be taken together with all it waits for; `urgent` leaves out what is only nice to know.
    """
    lock = "" if sqlite else "for update skip locked"
    own = "and x.account = :account" if account else ""
    own += " and x.priority <= 1" if urgent and not paused else ""
    x_new, p_new = (_NEW.format("x"), _NEW.format("p")) if paused else ("", "")
    waits = f"p.id < {{0}}.id and p.priority <= {{0}}.priority and p.attempts < :park {p_new}"
    before = "p.state = 1 or p.state = 0 and p.due_at > :now" if runs else "p.state in (0, 1)"
    first = f"""
        select x.id, x.chat, x.priority from outbox x
        where x.state = 0 and x.due_at <= :now {own} {x_new} and not exists (
            select 1 from outbox p where p.chat = x.chat and p.state in (0, 1) and ({before})
               and {waits.format("x")})
        order by x.priority, x.due_at, x.id limit :n {lock}"""
    if not runs:
        # Materialized, or PostgreSQL may look again for each row and take more than asked for.
        return f"with taken as materialized ({first}) {_TAKE} where id in (select id from taken) returning *"
    return f"""
        with taken as materialized ({first})
        {_TAKE} where id in (select t.id from taken t where not exists (
            select 1 from outbox p where p.chat = t.chat and p.state in (0, 1) and p.state = 0 and {waits.format("t")}
               and p.id not in (select id from taken))) returning *"""


@cache
def next_due_sql(accounts: int, *, paused: bool) -> str:
    """The earliest instant of each of so many accounts `a0`, `a1` …: a look-up by index for each of its priorities.

    While paused only of what is not held up by it, created at `since` or later.
    """
    one = "select cast(:a{0} as varchar) as account, min(due_at) as at from outbox where state = 0 and account = :a{0}"
    each = " union all ".join(
        f"{one.format(n)} and priority = {priority} {_NEW.format('outbox') if paused else ''}"
        for n in range(accounts) for priority in ((0,) if paused else range(4))
    )  # fmt: skip
    return f"select account, min(at) from ({each}) found where at is not null group by account"

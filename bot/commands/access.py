"""`explain access`: which rule, share or leave lets somebody see a record, or that none does."""

from __future__ import annotations

from bot.cards.rights import why_text
from bot.commands.opening import open_core
from bot.texts import Texts, Voice
from crm_core.kernel.errors import NotFound
from crm_core.rights.messages import AccessView, ExplainAccess, FindRecord, FoundRecord


def explain(who: str, words: str, action: str, as_json: bool) -> int:
    """One line a record that fits the words; 0 when at least one is allowed, 1 when none is.

    Raises NotFound for a person or record that is not there.
    """
    core = open_core()
    try:
        person = core.actor(who)
        system = core.system(person.tenant)
        found: list[FoundRecord] = core.ask(FindRecord(words=words), system)
        if not found:
            raise NotFound(resource="record")
        views: list[AccessView] = [
            core.ask(ExplainAccess(person_id=person.id, kind=one.kind, record_id=one.record_id, action=action), system)
            for one in found
        ]
        voice = Voice(Texts.load(), person.language, person.zone, core.now())
    finally:
        core.close()
    for one, view in zip(found, views, strict=True):
        print(view.model_dump_json() if as_json else f"{one.kind}:{one.record_id}  {why_text(voice, view)}{_rule(view)}")
    return 0 if any(view.allowed for view in views) else 1


def _rule(view: AccessView) -> str:
    """The rule as it stands in the policy, and what is seen of each class of fields."""
    if not view.allowed:
        return ""
    fields = ", ".join(f"{name} {level}" for name, level in view.fields)
    return f"\n  access.yaml: {view.role} {view.action} {view.scope}; {fields}"

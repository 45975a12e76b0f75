"""Many leads at once: a list that was pasted, written down as one and taken back as one."""

from __future__ import annotations

from crm_core.kernel.registry import Result, handles
from crm_core.kernel.uow import Uow
from crm_core.leads.messages import CreateLeads, DropLead, DropLeads, LeadView
from crm_core.leads.tables import Lead

UNWORKED = ("new", "pool")


@handles(CreateLeads)
def create_leads(cmd: CreateLeads, uow: Uow) -> Result:
    """Each as if it came alone: one that is there already is touched, not doubled."""
    views: list[LeadView] = []
    for lead in cmd.leads:
        views.append(uow.call(lead).view)
        uow.settle()
    made = tuple(view.id for view in views if view.id and not view.duplicate)
    undo = uow.undoable(DropLeads(lead_ids=made), "leads") if made else None
    return Result(id=next(iter(made), ""), view=views, undo_id=undo)


@handles(DropLeads)
def drop_leads(cmd: DropLeads, uow: Uow) -> Result:
    """Those nobody has worked on yet; the others stay."""
    for lead_id in cmd.lead_ids:
        lead = uow.find(Lead, lead_id)
        if lead is not None and lead.state in UNWORKED and lead.touches <= 1:
            uow.call(DropLead(lead_id=lead_id))
    return Result(id=cmd.lead_ids[0] if cmd.lead_ids else "")

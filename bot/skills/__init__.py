"""Skills: from a recognised meaning to a command or question, and from its outcome to a card.

Importing this package registers them all.
"""

from __future__ import annotations

from bot.skills import (
    absences,
    accounts,
    agenda,
    appointments,
    approvals,
    approving,
    birthdays,
    cars,
    choosing,
    consent,
    contact_codes,
    contacts,
    deals,
    delivery,
    desk,
    drafts,
    fitment,
    followups,
    handovers,
    help,
    history,
    knowledge,
    language,
    leads,
    learning,
    merges,
    opening,
    orders,
    own_appointments,
    part_actions,
    part_answers,
    pasted,
    photos,
    pool,
    price_classes,
    privacy,
    quotes,
    renewals,
    reports,
    rights,
    sending,
    solved,
    suggesting,
    tags,
    tasks,
    undo,
)

__all__ = [
    "absences", "accounts", "agenda", "appointments", "approvals", "approving", "birthdays", "cars", "choosing", "consent",
    "contact_codes", "contacts", "deals", "delivery", "desk", "drafts", "fitment", "followups", "handovers",
    "help", "history", "knowledge", "language", "leads", "learning", "merges", "opening", "orders",
    "own_appointments", "part_actions",
    "part_answers", "pasted", "photos", "pool", "price_classes", "privacy", "quotes",
    "renewals", "reports", "rights", "sending", "solved", "suggesting", "tags", "tasks", "undo",
]  # fmt: skip

"""What a sentence says of a visit that took place: 到店试驾了, came in and test drove."""

from __future__ import annotations

import re

from bot.conversation.gate import perform
from bot.conversation.pending import Draft
from bot.conversation.slots import read_when, vehicle_words
from bot.conversation.talk import Talk
from crm_core.customers.messages import LogContact

# Words that say the drive took place; 想试驾 and 约了试驾 do not.
DROVE = re.compile(r"(?:到店|来店|过来|(?<![想要约再去来]))试驾(?:了|过|完|后|结束)|(?:到店|来店)试驾(?!预约)|试完车|试了车"
                   r"|\btest[- ]drove\b|\b(?:took|had|did|finished) (?:a|the|his|her|their) test drive\b", re.I)  # fmt: skip
_CAME = re.compile(
    r"(?:到|来|进)(?:过)?(?:店|展厅|店里|门店)(?:里)?(?:[看试聊谈坐咨询]{0,3})(?:了|过)|来过|刚走|来看(?:了|过)|看过车"
    r"|\b(?:came (?:in|by|to the)|walked in|dropped by|stopped by|popped in|was in the showroom|just left)\b",
    re.I,
)
_TOLD = ("log_contact", "book_test_drive", "book_visit")
_EDGES = " ,，.。;；:："


def came_in(talk: Talk, customer_id: str, draft: Draft) -> bool:
    """Whether the line about a new person says that he was here; it is then written down as what it was.

    A time ahead, or a further sentence about the visit in the same message, says it was not this one.
    """
    said = draft.text("text") or talk.text
    when = read_when(draft.value("when"), talk.actor.zone)
    ahead = when is not None and when.start is not None and when.start > talk.now
    if ahead or any(following.get("intent") in _TOLD for following in draft.rest):
        return False
    text = _without_contact(said, draft)
    if DROVE.search(said):
        from bot.skills.appointments import log_drive

        log_drive(talk, customer_id, text, vehicle_words(draft.value("vehicle"), draft.words("vehicle")), None)
        return True
    if _CAME.search(said):
        perform(talk, LogContact(customer_id=customer_id, text=text, kind="visit"))
        return True
    return False


def _without_contact(said: str, draft: Draft) -> str:
    """What happened, without the name and the number that stand on the card."""
    for slot in ("phone", "person"):
        said = said.replace(draft.words(slot), "", 1) if draft.words(slot) else said
    return said.strip(_EDGES) or said

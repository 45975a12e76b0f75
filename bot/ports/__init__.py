"""What the conversation and the channels say to each other. Plain values; no vendor's type appears here."""

from __future__ import annotations

from bot.ports.arriving import (
    Event,
    EventKind,
    Inbound,
    InboundKind,
    Media,
    MediaKind,
)
from bot.ports.channels import (
    LONGEST_REST,
    SHORTEST_REST,
    Anchored,
    Attends,
    Capabilities,
    Channel,
    Connected,
    Held,
    Limit,
    Line,
    Listener,
    Names,
    Places,
    Receipt,
    Transcriber,
    Vouches,
    Works,
)
from bot.ports.messages import (
    Button,
    Card,
    Field,
    Outbound,
    Source,
    Style,
    card_from_dict,
)
from crm_core.channels.accounts import Account
from crm_core.channels.arrivals import Raw
from crm_core.kernel.inbox import Arrival
from crm_core.kernel.outbox import Delivery
from crm_core.kernel.outcomes import Heard

__all__ = [
    "LONGEST_REST",
    "SHORTEST_REST",
    "Account",
    "Anchored",
    "Arrival",
    "Attends",
    "Button",
    "Capabilities",
    "Card",
    "Channel",
    "Connected",
    "Delivery",
    "Event",
    "EventKind",
    "Field",
    "Heard",
    "Held",
    "Inbound",
    "InboundKind",
    "Limit",
    "Line",
    "Listener",
    "Media",
    "MediaKind",
    "Names",
    "Outbound",
    "Places",
    "Raw",
    "Receipt",
    "Source",
    "Style",
    "Transcriber",
    "Vouches",
    "Works",
    "card_from_dict",
]  # fmt: skip

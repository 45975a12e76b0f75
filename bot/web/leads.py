"""Lead intake for other programs: `POST /api/leads`."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, HTTPException, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field, field_validator

from bot.channels.webchat.pace import Pace
from bot.settings import IntakeKey
from crm_core.api import Core
from crm_core.kernel.access import Actor
from crm_core.kernel.errors import Conflict, Invalid
from crm_core.leads.messages import CreateLead, LeadView
from crm_core.org.messages import FindColleagues

# One key: a campaign's first hour passes, a key in wrong hands does not fill the pool.
LEADS_AT_ONCE, LEADS_PER_SECOND = 3_000.0, 100.0


class LeadIn(BaseModel):
    """A lead. A name or a phone is needed; everything else may be missing."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"name": "张伟", "phone": "13800138000", "vehicle": "ES6", "source": "官网", "city": "上海",
                        "message": "周六下午想试驾", "utm": {"campaign": "autumn"}}
        }
    )  # fmt: skip
    name: str = Field(default="", max_length=120, description="How to address the person")
    phone: str = Field(default="", max_length=60, description="As typed; an implausible number is kept")
    vehicle: str = Field(default="", max_length=200, description="What the person is interested in")
    source: str = Field(default="", max_length=60, description="Where the lead comes from; default: the key's source")
    city: str = Field(default="", max_length=60)
    message: str = Field(default="", max_length=4000, description="What the person wrote")
    company: str = Field(default="", max_length=200)
    email: str = Field(default="", max_length=200)
    score: float | None = Field(default=None, ge=0, le=100, allow_inf_nan=False)
    campaign: str = Field(default="", max_length=200)
    referrer: str = Field(default="", max_length=500)
    event_time: datetime | None = Field(default=None, description="When it happened at the source, with zone")
    utm: dict[str, str] = Field(default={}, max_length=20)

    @field_validator("*", mode="before")
    @classmethod
    def _storable(cls, value: object) -> object:
        """NUL is dropped, half a surrogate pair refused: no database keeps them."""
        return cls._clean(value) if isinstance(value, str) else value

    @staticmethod
    def _clean(text: str) -> str:
        if any("\ud800" <= c <= "\udfff" for c in text):
            raise ValueError("is not valid Unicode text")
        return text.replace("\x00", "")

    @field_validator("utm")
    @classmethod
    def _short(cls, value: dict[str, str]) -> dict[str, str]:
        if any(len(k) > 60 or len(v) > 500 for k, v in value.items()):
            raise ValueError("keys have up to 60 and values up to 500 characters")
        return {cls._clean(k): cls._clean(v) for k, v in value.items()}

    @field_validator("event_time")
    @classmethod
    def _aware(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("needs a zone, for example 2026-11-21T14:20:00+08:00")
        if value is not None and not 2000 <= value.year < 2100:
            raise ValueError("is not a moment of this century")
        return value


class LeadOut(BaseModel):
    """What became of it. `owner` is the id of the colleague who follows it; null: the public pool."""

    id: str
    ref: str
    owner: str | None
    owner_name: str
    rule: str
    reason: str
    duplicate: bool
    warnings: list[str] = []


class Intake:
    """Knows the keys, by hash, and whom each speaks for."""

    def __init__(self, core: Core, keys: list[IntakeKey]) -> None:
        self._core = core
        self._keys = {hashlib.sha256(item.key.encode()).digest(): item for item in keys}
        self._codes: dict[str, str] = {}
        self.pace = Pace(LEADS_AT_ONCE, LEADS_PER_SECOND)

    def key_for(self, token: str) -> IntakeKey | None:
        """The entry of a bearer token, compared in constant time."""
        digest = hashlib.sha256(token.encode()).digest()
        return next((item for known, item in self._keys.items() if hmac.compare_digest(known, digest)), None)

    def actor(self, key: IntakeKey) -> Actor:
        """The intake actor of a key; its unit's first part is the tenant."""
        return self._core.intake(key.unit.split(".")[0], key.unit)

    def take(self, lead: LeadIn, key: IntakeKey, idempotency_key: str | None) -> tuple[int, LeadOut]:
        """Bring a lead in: (HTTP status, answer)."""
        values = lead.model_dump()
        command = CreateLead(**(values | {"source": lead.source or key.source, "unit": key.unit, "channel": "api"}))
        actor = self.actor(key)
        once = f"api:{key.unit}:{idempotency_key}" if idempotency_key else None
        result = self._core.execute(command, actor, key=once)
        view: LeadView = result.view
        return (200 if result.again or view.duplicate else 201), self._answer(view, actor)

    def _answer(self, view: LeadView, actor: Actor) -> LeadOut:
        warnings = [] if view.phone_ok else ["phone: this does not look like a phone number; it was kept as given"]
        return LeadOut(id=view.id, ref=view.ref, owner=self._code(view.owner_id, actor), owner_name=view.owner_name,
                       rule=view.rule, reason=view.reason, duplicate=view.duplicate, warnings=warnings)  # fmt: skip

    def _code(self, person_id: str | None, actor: Actor) -> str | None:
        """The id other systems know a colleague by."""
        if person_id is None:
            return None
        if person_id not in self._codes:
            system = self._core.system(actor.tenant)
            self._codes |= {person.id: person.code for person in self._core.ask(FindColleagues(), system)}
        return self._codes.get(person_id, person_id)


_bearer = HTTPBearer(auto_error=False, description="An intake key from CHEXIN_API_KEYS")
_UNAUTHORISED = HTTPException(401, "A valid intake key is needed: Authorization: Bearer KEY",
                              headers={"WWW-Authenticate": "Bearer"})  # fmt: skip

_TOO_MANY = HTTPException(429, "Too many leads with this key. Try again in a moment.", headers={"Retry-After": "5"})


def router(intake: Intake, taken: Callable[[], None]) -> APIRouter:
    """The intake's routes; `taken` is called after each lead, so that its card goes out at once."""
    routes = APIRouter()

    def entry(bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> IntakeKey:
        key = intake.key_for(bearer.credentials) if bearer else None
        if key is None:
            raise _UNAUTHORISED
        if not intake.pace.allow(key.key):
            raise _TOO_MANY
        return key

    responses: dict[int | str, dict[str, Any]] = {
        200: {"model": LeadOut, "description": "Known: the same key and body, or an open lead of this person"},
        401: {"description": "No or wrong key"},
        409: {"description": "The idempotency key was used with another body"},
        413: {"description": "The body is over 64 KB"},
        429: {"description": "Too many with this key, or from this address; see Retry-After"},
    }

    @routes.post("/api/leads", status_code=201, response_model=LeadOut, responses=responses, tags=["leads"])
    async def create(
        lead: LeadIn,
        response: Response,
        key: IntakeKey = Depends(entry),
        idempotency_key: Annotated[str | None, Header(max_length=128, min_length=1)] = None,
    ) -> LeadOut:
        """Bring a lead in. Send an `Idempotency-Key`, so that a repeated request has one effect."""
        try:
            response.status_code, answer = await run_in_threadpool(intake.take, lead, key, idempotency_key)
        except Conflict as error:
            raise HTTPException(409, "This Idempotency-Key was used with another body") from error
        except Invalid as error:
            where = {"type": "value_error", "loc": ["body", error.field], "msg": "a name or a phone is needed"}
            raise HTTPException(422, [where]) from error
        taken()
        return answer

    return routes

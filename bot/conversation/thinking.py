"""The seam to a language model: who may be helped, how often, and how a slow one keeps nobody else waiting.

A turn that needs the model and must not wait raises Deferred before it has changed anything. It is worked off again
when the answer is there, or when it is clear that there will be none: a model's silence is never an error.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog

from bot.conversation.brain import role_of
from bot.conversation.gate import skills
from crm_core.assistance.rules import ModelPolicy
from intents.llm.trouble import ModelTrouble
from intents.llm.words import Message
from intents.schema import load_schema

if TYPE_CHECKING:
    from bot.conversation.talk import Talk
    from crm_core.api import Core
    from crm_core.kernel.access import Actor
    from intents.llm import LanguageModel, ModelSettings
    from intents.types import Context, Understanding

log = structlog.get_logger()
# A message is said to be worked on when the model takes longer than this.
SLOW = 2.0
# What a question costs at least, so that nobody begins one he cannot pay.
LEAST_TOKENS = 1500
OnSlow = Callable[[], None]
Question = Callable[[ModelPolicy, OnSlow | None], tuple[Any, int]]


def _nobody(outcome: str) -> None:
    """Without figures nothing is counted."""


# What somebody must be allowed to do for a draft of this kind to be of any use to him.
NEEDS = {
    "create_lead": ("lead", "create"), "assign_lead": ("lead", "assign"), "take_lead": ("lead", "take"),
    "create_quote": ("quote", "create"), "request_discount": ("approval", "create"),
    "decide_approval": ("approval", "approve"), "approve_all": ("approval", "approve"),
    "transfer_customer": ("deal", "transfer"), "hand_over": ("handover", "ask"), "report": ("report", "read"),
    "delivery_status": ("delivery", "read"), "make_contact_code": ("contact_code", "create"),
    "merge_customers": ("customer", "merge"), "set_stage": ("deal", "write"), "set_level": ("deal", "write"),
    "set_expected_close": ("deal", "write"), "mark_lost": ("deal", "write"), "log_contact": ("record", "create"),
    "share_record": ("customer", "share"), "unshare_record": ("customer", "share"), "change_grants": ("grant", "ask"),
    "suggest_reply": ("customer", "read"), "send_message": ("customer", "write"), "send_quote": ("quote", "create"),
}  # fmt: skip


def offered(talk: Talk) -> frozenset[str]:
    """The intents this person may use here: his role's, with a skill behind them, as the access table allows."""
    role, may = role_of(talk.actor), talk.core.access.may
    return frozenset(
        name for name, spec in load_schema().items()
        if role in spec.who and name in skills and (name not in NEEDS or may(talk.actor, *NEEDS[name]))
    )  # fmt: skip


def _lost() -> object:
    """A deferral that nobody made ready has no way back."""
    raise RuntimeError("a deferred turn without its way back")


@dataclass
class Deferred(Exception):
    """The turn waits for a model. `ask` asks it and keeps the answer; `decline` keeps that there is none.

    `resume` works the turn off again; whoever catches this calls it after either of the two. `notice` tells the
    person that it takes a while.
    """

    ask: Callable[[OnSlow | None], None]
    decline: Callable[[], None]
    resume: Callable[[], object] = _lost
    notice: OnSlow | None = None


@dataclass
class Thinking:
    """Asks the model on behalf of a person, within his limits. Safe to share between threads.

    With `later` a turn is put off while the model thinks; without, the caller waits. `count` hears how each question
    ended: answered, limit, full, or the kind of trouble.
    """

    core: Core
    model: LanguageModel
    later: bool = False
    count: Callable[[str], None] = _nobody
    _answers: dict[str, Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, talk: Talk, instructions: str, *, facts: Sequence[str] = (), quoted: Sequence[str] = ()) -> str | None:
        """A text made of `facts`, as `LanguageModel.write`; None when there is no help to be had.

        The turn may be put off here and begun anew: call it before anything is carried out or said.
        """

        def ask(policy: ModelPolicy, on_slow: OnSlow | None) -> tuple[str, int]:
            found = self.model.write(instructions, facts=facts, quoted=quoted, names=policy.hide_names,
                                     seconds=policy.seconds, slow=SLOW, on_slow=on_slow)  # fmt: skip
            return found.text, found.tokens

        words = "\x00".join((instructions, *facts, "\x01", *quoted))
        key = f"{talk.root}:write:{hashlib.sha256(words.encode()).hexdigest()[:16]}"
        answer: str | None = self.answer(talk.actor, key, ask)
        return answer

    def read(self, talk: Talk, said: str, context: Context) -> Understanding | None:
        """What the model makes of a message, as drafts; None when it is of no help, or there is none to be had.

        The turn may be put off here and begun anew.
        """
        actor = talk.actor
        if not self.helps(actor):
            return None

        def ask(policy: ModelPolicy, on_slow: OnSlow | None) -> tuple[Understanding, int]:
            message = Message(said, role_of(actor), talk.voice.here, offered(talk), context,
                              trusted=actor.is_staff, hide_names=policy.hide_names)  # fmt: skip
            found = self.model.read(message, seconds=policy.seconds, calls=policy.tool_calls, slow=SLOW, on_slow=on_slow)
            return found.understanding, found.tokens

        understood: Understanding | None = self.answer(actor, f"{talk.root}:read", ask)
        return understood if understood is not None and understood.outcome == "recognised" else None

    def helps(self, actor: Actor) -> bool:
        """Whether policy lets a model see what this person writes."""
        return self._policy(actor).helps("staff" if actor.is_staff else "guest", actor.customer_id is not None)

    def answer(self, actor: Actor, key: str, ask: Question) -> Any:
        """What the model answers to the question under `key`, or None. Raises Deferred where nobody may wait."""
        with self._lock:
            if key in self._answers:
                return self._answers[key]
        if not self.later:
            return self._asked(actor, ask, None)
        raise Deferred(
            ask=lambda on_slow: self._keep(key, self._asked(actor, ask, on_slow)),
            decline=lambda: self._decline(key),
        )

    def forget(self, root: str) -> None:
        """A turn has ended: its answers are not needed again."""
        with self._lock:
            for key in [key for key in self._answers if key.startswith(f"{root}:")]:
                del self._answers[key]

    def warm(self) -> None:
        """Load what is slow to load; a model that cannot be used is named in the log."""
        try:
            self.model.warm()
        except ModelTrouble as trouble:
            log.error("model_unusable", kind=trouble.kind, detail=trouble.detail)

    def close(self) -> None:
        """Let go of what is under way."""
        self.model.close()

    def _keep(self, key: str, answer: Any) -> None:
        with self._lock:
            self._answers[key] = answer

    def _decline(self, key: str) -> None:
        self.count("full")
        self._keep(key, None)

    def _asked(self, actor: Actor, ask: Question, on_slow: OnSlow | None) -> Any:
        policy = self._policy(actor)
        if not self._may(actor, policy):
            self.count("limit")
            return None
        try:
            answer, tokens = ask(policy, on_slow)
        except ModelTrouble as trouble:
            log.warning("model_trouble", kind=trouble.kind, detail=trouble.detail)
            self.count(trouble.kind)
            return None
        except Exception as error:
            log.error("model_failed", error=type(error).__name__)
            self.count("broken")
            return None
        self._spend(actor, policy, tokens - LEAST_TOKENS)
        self.count("answered")
        return answer

    def _policy(self, actor: Actor) -> ModelPolicy:
        return self.core.policies.model("llm", ModelPolicy, unit=actor.unit)

    def _may(self, actor: Actor, policy: ModelPolicy) -> bool:
        """Take one message and the least it costs from what the person, and everybody, may use."""
        now, take = self.core.now(), self.core.limits.take
        if take(f"llm:n:{actor.id}", policy.messages(), 1, now) < 1:
            return False
        purses = self._purses(actor, policy)
        return all(take(name, rates, LEAST_TOKENS, now) >= LEAST_TOKENS for name, rates in purses)

    def _spend(self, actor: Actor, policy: ModelPolicy, tokens: int) -> None:
        """What a question cost beyond the least."""
        if tokens > 0:
            for name, rates in self._purses(actor, policy):
                self.core.limits.take(name, rates, tokens, self.core.now())

    @staticmethod
    def _purses(actor: Actor, policy: ModelPolicy) -> tuple[tuple[str, Any], ...]:
        return (f"llm:t:{actor.id}", policy.tokens()), (f"llm:t:{actor.tenant}", policy.tokens_all())


def open_thinking(
    core: Core, settings: ModelSettings, *, later: bool = False, count: Callable[[str], None] = _nobody
) -> Thinking | None:
    """The way to the model these settings name; None without one."""
    from intents.llm.model import open_model

    model = open_model(settings)
    return Thinking(core, model, later, count) if model is not None else None

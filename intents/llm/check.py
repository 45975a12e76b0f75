"""What a model put into a slot, held against what was said: words must be there, values are read by our own extractors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

from ..entities.birthday import read_birthday
from ..entities.money import bare_amount
from ..extract import extract
from ..grammar import grammar, values
from ..guards import guards
from ..mask import mask
from ..match import Reader
from ..normalize import is_chinese, normalise
from ..types import Context, Lexicon, Slot, Source, Span
from .spoken import Place, Said

PEOPLE = ("person", "person_to", "person_from", "other")
FREE = ("text", "reason", "outcome")
TYPED = {"phone": "phone", "vin": "vin", "plate": "plate", "oe": "oe", "money": "money", "percent": "percent",
         "when": "when", "period": "when", "vehicle": "vehicle", "part": "part", "km": "km",
         "quantity": "quantity"}  # fmt: skip
# The speaker says these himself, or chooses them on a card: what he passes on from others gives none of them.
OWN = frozenset({"money", "percent", "person_to", "person_from", "other", "decision", "choice", "digest", "ref"})
FOCUS = "[FOCUS]"
MAX_NAME, MAX_TEXT = 40, 500
LANGUAGES = ("zh", "en")


class Unsaid(ValueError):
    """A slot that is not borne out by the message; the text tells the model what to do about it."""


@cache
def choices(intent: str, slot: str) -> dict[str, str]:
    """What a slot of a closed list may hold: each word for it, and the value it stands for. Empty: no closed list."""
    found = {word: value for lang in LANGUAGES for word, value in values(lang).get(slot, {}).items()}
    for language in LANGUAGES:
        for pattern in grammar(language).patterns:
            if pattern.intent == intent and slot in pattern.fixed:
                found.setdefault(str(pattern.fixed[slot]), str(pattern.fixed[slot]))
    return found


@dataclass(frozen=True)
class Checker:
    """Holds slots against one message."""

    said: Said
    now: datetime
    context: Context
    lexicon: Lexicon | None = None
    role: str = "rep"

    def slot(self, intent: str, name: str, given: str) -> Slot:
        """The slot with the words it stands on. Raises Unsaid."""
        given = given.strip()
        if name in PEOPLE:
            return self._person(name, given)
        if name in FREE:
            return self._free(name, given)
        if name in TYPED:
            return self._typed(name, given)
        if name == "birthday":
            return self._birthday(given)
        return self._listed(intent, name, given)

    def evidence(self, intent: str, words: str) -> Place:
        """Where the speaker himself asks for it, and means it. Raises Unsaid."""
        place = self.said.find(words)
        if place is None:
            raise Unsaid("evidence: copy the words of the message that ask for this, exactly")
        if not place.own:
            raise Unsaid("evidence: these are somebody else's words; only what the speaker himself asks for is done")
        if why := self._unmeant(place).get(intent):
            raise Unsaid(f"evidence: this is not asked for ({why})")
        return place

    def _unmeant(self, place: Place) -> dict[str, str]:
        """Intents that these words rule out: they are denied, supposed, told or past."""
        words = self.said.text[place.start : place.end]
        plain = normalise(words)
        language = "zh" if is_chinese(plain) else "en"
        masked = mask(plain, extract(words, self.now, self.lexicon), language == "zh")
        return guards(masked.text, language) | Reader(masked, words, language, self.role).unmeant(surely=True)

    def _place(self, name: str, words: str) -> Place:
        place = self.said.find(words) if words else None
        if place is None:
            raise Unsaid(f"{name}: {words!r} does not stand in the message; copy its words exactly or leave it out")
        if name in OWN and not place.own:
            raise Unsaid(f"{name}: the speaker did not say this himself; leave it out, he will be asked")
        return place

    def _person(self, name: str, given: str) -> Slot:
        focus = self.context.focus_person
        if given == FOCUS and focus and name == "person":
            return Slot(focus, "", source="record")
        if len(given) > MAX_NAME:
            raise Unsaid(f"{name}: only the name, as it was said")
        place = self._place(name, given)
        words = self.said.text[place.start : place.end]
        return Slot(words, words, place.start, place.end, source=_source(place))

    def _free(self, name: str, given: str) -> Slot:
        place = self._place(name, given[:MAX_TEXT])
        words = self.said.text[place.start : place.end]
        return Slot(words, words, place.start, place.end, source=_source(place))

    def _typed(self, name: str, given: str) -> Slot:
        """Read from its words; or given as a value that is just what some words of the message say."""
        said = self.said.find(given) or self._saying(TYPED[name], given)
        place = self._place(name, self.said.text[said.start : said.end] if said else given)
        found = self._span(TYPED[name], place)
        if found is None and name == "money":
            found = self._bare(place)
        if found is None:
            raise Unsaid(f"{name}: {given!r} cannot be read as this; leave it out")
        return replace(Slot.of(found), source=_source(place))

    def _saying(self, kind: str, value: str) -> Place | None:
        """Where the message says this value: 八千 for 8000."""
        for span in extract(self.said.text, self.now, self.lexicon):
            if span.kind == kind and _alike(span.value, value):
                return self.said.find(self.said.text[span.start : span.end])
        return None

    def _span(self, kind: str, place: Place) -> Span | None:
        """What our own extractors read there: in the whole message, else in these words alone."""
        text = self.said.text
        whole = [s for s in extract(text, self.now, self.lexicon) if s.kind == kind]
        inside = [s for s in whole if s.start < place.end and place.start < s.end]
        if inside:
            return max(inside, key=lambda s: s.end - s.start)
        alone = extract(text[place.start : place.end], self.now, self.lexicon)
        first = next((s for s in alone if s.kind == kind), None)
        return first and replace(first, start=first.start + place.start, end=first.end + place.start)

    def _bare(self, place: Place) -> Span | None:
        words = self.said.text[place.start : place.end]
        amount = bare_amount(normalise(words))
        return None if amount is None else Span("money", place.start, place.end, amount, words)

    def _birthday(self, given: str) -> Slot:
        place = self._place("birthday", given)
        words = self.said.text[place.start : place.end]
        found = read_birthday(words)
        if found is None:
            raise Unsaid(f"birthday: {given!r} cannot be read as a day of the year; leave it out")
        return Slot(found, words, place.start, place.end, source=_source(place))

    def _listed(self, intent: str, name: str, given: str) -> Slot:
        """One of a closed list: said with a word of the list, or concluded by the model from other words."""
        table = choices(intent, name)
        value = given if given in table.values() else table.get(given.lower())
        if value is None:
            if table:
                raise Unsaid(f"{name}: one of {', '.join(sorted(set(table.values())))}, or leave it out")
            return self._free(name, given)
        for word in sorted((w for w, v in table.items() if v == value and len(w) > 1), key=len, reverse=True):
            place = self.said.find(word)
            if place is not None and place.own:
                return Slot(value, self.said.text[place.start : place.end], place.start, place.end)
        return Slot(value, source="inferred")


def _alike(value: object, given: str) -> bool:
    """Whether a value in its JSON form is the one given."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(given) == float(value)
        except ValueError:
            return False
    return isinstance(value, str) and value[: len(given)] == given and len(given) >= len("2026-11-21T14:20")


def _source(place: Place) -> Source:
    return "said" if place.own else "quoted"

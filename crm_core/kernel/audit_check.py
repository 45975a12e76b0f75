"""Whether the audit is whole: every line where it was written, as it was written, up to the end of each chain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from crm_core.kernel.anchors import Anchor, Anchors
from crm_core.kernel.audit import clearance, commitment, end_seal, link
from crm_core.kernel.errors import ConfigError
from crm_core.kernel.pii import Cipher
from crm_core.kernel.tables import Audit, AuditHead, metadata

_LINES, _HEADS = metadata.tables[str(Audit.__tablename__)], metadata.tables[str(AuditHead.__tablename__)]
CHUNK = 5000


@dataclass(frozen=True)
class Broken:
    """One thing that is not as it was written. `line` is the audit's id; None where a line or an end is missing."""

    line: int | None
    what: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.what}" if self.line is not None else self.what


@dataclass
class Verdict:
    """What was looked at and what was found broken."""

    lines: int = 0
    chains: int = 0
    older: int = 0
    anchored: int = 0
    broken: list[Broken] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        return not self.broken


@dataclass
class _End:
    """How far a chain was followed."""

    position: int = 0
    mac: str = ""
    line: int = 0


def verify(session: Session, cipher: Cipher, anchors: Anchors) -> Verdict:
    """Follow every chain to its end and compare it with the anchors. Reads all lines; writes nothing."""
    connection = session.connection()
    heads = [dict(row) for row in connection.execute(select(_HEADS)).mappings()]
    try:
        files, wrong = anchors.read(), []
    except ConfigError as error:
        files, wrong = [], [Broken(None, str(error))]
    query = select(_LINES).order_by(_LINES.c.id).execution_options(yield_per=CHUNK)
    lines = (dict(row) for row in connection.execute(query).mappings())
    verdict = check(lines, heads, cipher, [one for file in files for one in file])
    verdict.broken += wrong
    return verdict


def check(
    lines: Iterable[Mapping[str, Any]], heads: Sequence[Mapping[str, Any]], cipher: Cipher,
    anchors: Sequence[Anchor] = (),
) -> Verdict:  # fmt: skip
    """`verify` over rows that were read already; lines come in the order of their ids."""
    verdict, ends = Verdict(chains=len(heads)), {int(head["id"]): _End() for head in heads}
    wanted = expected(anchors)
    verdict.anchored = len(wanted)
    for line in lines:
        if line["chain"] is None:
            verdict.older += 1
            if verdict.lines:
                verdict.broken.append(Broken(line["id"], "belongs to no chain: it was not written by Chexin"))
            continue
        verdict.lines += 1
        verdict.broken += _follow(line, ends.setdefault(line["chain"], _End()), cipher, wanted)
    verdict.broken += _ends(heads, ends, cipher)
    verdict.broken += [
        Broken(None, f"chain {chain} had line {position} when it was anchored, and ends before")
        for chain, position in sorted(wanted)
    ]
    return verdict


def expected(anchors: Sequence[Anchor]) -> dict[tuple[int, int], str]:
    """What the anchors say of (chain, position). A restore takes back what was anchored later than its backup."""
    found: dict[tuple[int, int], str] = {}
    for anchor in anchors:
        if anchor.restored:
            found = {at: mac for at, mac in found.items() if at[1] <= anchor.heads.get(at[0], (0, ""))[0]}
        found |= {(chain, position): mac for chain, (position, mac) in anchor.heads.items() if position}
    return found


def _follow(
    line: Mapping[str, Any], end: _End, cipher: Cipher, wanted: dict[tuple[int, int], str]
) -> Iterator[Broken]:
    """Take a line as the next of its chain; whatever is wrong with it, the chain is followed from it on."""
    number, place = line["id"], line["position"]
    before, end.position, end.mac, end.line = (end.position, end.mac), place, line["mac"], number
    if place > before[0] + 1:
        yield Broken(number, f"{place - before[0] - 1} lines are missing before it")
        # What it followed is gone with them, so its digest cannot be made again.
    elif place <= before[0]:
        yield Broken(number, "stands where another line was written")
    elif link(cipher, line, before[1]) != line["mac"]:
        yield Broken(number, "was changed, or the line before it")
    elif reason := _values_wrong(line, cipher):
        yield Broken(number, reason)
    anchored = wanted.pop((line["chain"], place), None)
    if anchored is not None and anchored != line["mac"]:
        yield Broken(number, "is not what was anchored outside the database")


def _values_wrong(line: Mapping[str, Any], cipher: Cipher) -> str:
    sealed, kept = line["values_enc"], line["values_mac"]
    if sealed is None:
        taken = kept is not None and line["cleared"] != clearance(cipher, line["mac"])
        return "its values were taken away by somebody else" if taken else ""
    try:
        text = cipher.open(f"audit.values.{line['resource']}.{line['record_id']}", sealed)
    except (ValueError, ConfigError):
        return "its values do not open"
    return "" if kept == commitment(cipher, text) else "its values were changed"


def _ends(heads: Sequence[Mapping[str, Any]], ends: Mapping[int, _End], cipher: Cipher) -> Iterator[Broken]:
    known = {int(head["id"]): head for head in heads}
    for chain, end in sorted(ends.items()):
        head = known.get(chain)
        if head is None:
            yield Broken(None, f"the end of chain {chain} is missing")
        elif head["seal"] != end_seal(cipher, chain, head["position"], head["mac"]):
            yield Broken(None, f"the end of chain {chain} was forged")
        elif head["position"] > end.position:
            cut = head["position"] - end.position
            yield Broken(None, f"{cut} lines are missing at the end of chain {chain}, after line {end.line}")
        elif (head["position"], head["mac"]) != (end.position, end.mac):
            yield Broken(None, f"chain {chain} goes on after its end")

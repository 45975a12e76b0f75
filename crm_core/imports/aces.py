"""Reading ACES XML (Auto Care Association, 3.x and 4.x) as a stream, from whoever sent it.

One application at a time is in memory. A document type, and so any entity, is refused before it is read; so are
nesting, texts and tokens beyond what such a file needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

from crm_core.kernel.errors import Invalid

CHUNK = 1 << 18
MAX_BYTES = 8 << 30
MAX_TOKEN = 1 << 20
MAX_TEXT = 20_000
MAX_DEPTH = 12
MAX_CHILDREN = 200
VERSIONS = ("3", "4")
Child = tuple[str, dict[str, str], str]


@dataclass(slots=True)
class App:
    """One `App`: its line in the file, its attributes, and its elements as (name, attributes, text)."""

    line: int
    attributes: dict[str, str]
    children: list[Child] = field(default_factory=list)


@dataclass(slots=True)
class Document:
    """What a file says about itself; `records` are the applications and assets that were met."""

    version: str = ""
    header: dict[str, str] = field(default_factory=dict)
    apps: int = 0
    records: int = 0
    record_count: str | None = None
    footed: bool = False


def looks_like_aces(path: Path) -> bool:
    """Whether a file is XML, by its name or by how it begins."""
    if path.suffix.lower() == ".xml":
        return True
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<?xml", b"<ACES"))


def read_aces(path: Path, document: Document) -> Iterator[App]:
    """The applications of a file, one after another; `document` is filled in on the way.

    Raises Invalid for what is no ACES file, not whole, or hostile.
    """
    if not path.is_file():
        raise Invalid("file", "error.import_no_file", value=path.name)
    if path.stat().st_size > MAX_BYTES:
        raise Invalid("file", "error.import_too_large", value=path.name, limit=MAX_BYTES >> 20)
    reader = _Reader(path.name, document)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            reader.feed(chunk)
            yield from reader.taken()
    reader.close()
    yield from reader.taken()


def survey(path: Path) -> Document:
    """Read all of a file once, so that a broken or hostile one changes nothing.

    Raises Invalid also when the footer counts other than there are.
    """
    document = Document()
    for _ in read_aces(path, document):
        pass
    counted = (document.record_count or "").strip()
    if not document.footed or (counted and counted not in (str(document.apps), str(document.records))):
        raise Invalid("file", "error.aces_count", value=path.name, said=counted or "-", found=document.apps)
    return document


class _Reader:
    """Expat's events as applications."""

    def __init__(self, name: str, document: Document) -> None:
        self.name, self.document = name, document
        self.apps: list[App] = []
        self.app: App | None = None
        self.path: list[str] = []
        self.texts: list[list[str]] = []
        self.size = self.fed = 0
        self.attributes: dict[str, str] = {}
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def feed(self, chunk: bytes) -> None:
        self._parse(chunk, final=False)
        self.fed += len(chunk)
        if self.fed - max(self.parser.CurrentByteIndex, 0) > MAX_TOKEN + CHUNK:
            raise self._hostile("size")

    def close(self) -> None:
        self._parse(b"", final=True)

    def taken(self) -> list[App]:
        taken, self.apps = self.apps, []
        return taken

    def _parse(self, chunk: bytes, *, final: bool) -> None:
        try:
            self.parser.Parse(chunk, final)
        except (expat.ExpatError, ValueError, LookupError) as error:
            line = getattr(error, "lineno", self.parser.CurrentLineNumber)
            raise Invalid("file", "error.import_broken", value=self.name, line=line) from error

    def _hostile(self, what: str) -> Invalid:
        return Invalid(
            "file", "error.aces_hostile", value=self.name, line=self.parser.CurrentLineNumber, what=what
        )

    def _refuse_doctype(self, *_: Any) -> None:
        raise self._hostile("DOCTYPE")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2] if ":" in tag else tag
        depth = len(self.path)
        if depth >= MAX_DEPTH:
            raise self._hostile("depth")
        if depth == 0:
            self._check_root(name, attributes)
        elif depth == 1 and name == "App":
            self.app = App(self.parser.CurrentLineNumber, attributes)
        elif depth == 2:
            self.attributes = attributes
        elif depth == 3 and self.app is not None and name == "param":
            self.texts[-1].append(f"{attributes.get('value', '')} ")
        self.path.append(name)
        self.texts.append([])
        self.size = 0

    def _check_root(self, name: str, attributes: dict[str, str]) -> None:
        self.document.version = attributes.get("version", "")
        if name != "ACES":
            raise Invalid("file", "error.aces_root", value=self.name, found=name[:40])
        if self.document.version and self.document.version.split(".")[0] not in VERSIONS:
            raise Invalid("file", "error.aces_version", value=self.document.version[:20])

    def _text(self, text: str) -> None:
        self.size += len(text)
        if self.size > MAX_TEXT:
            raise self._hostile("text")
        if self.texts:
            self.texts[-1].append(text)

    def _end(self, _: str) -> None:
        name, text = self.path.pop(), "".join(self.texts.pop()).strip()
        depth = len(self.path)
        if depth == 1:
            self._end_record(name)
        elif depth == 2:
            self._end_child(name, text)
        elif depth >= 3 and text and self.texts:
            # What stands deeper (the text of a Qual) belongs to the element.
            self.texts[-1].append(text)

    def _end_record(self, name: str) -> None:
        if name == "App" and self.app is not None:
            self.apps.append(self.app)
            self.document.apps += 1
            self.app = None
        self.document.records += name in ("App", "Asset", "DigitalAsset")
        self.document.footed |= name == "Footer"

    def _end_child(self, name: str, text: str) -> None:
        if self.app is not None:
            if len(self.app.children) >= MAX_CHILDREN:
                raise self._hostile("elements")
            self.app.children.append((name, self.attributes, text))
        elif self.path[-1] == "Header" and len(self.document.header) < MAX_CHILDREN:
            self.document.header[name] = text[:200]
        elif self.path[-1] == "Footer" and name == "RecordCount":
            self.document.record_count = text[:20]

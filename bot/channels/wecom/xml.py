"""The platform's XML as plain data: strict, small, and without anything XML can do beyond elements and text."""

from __future__ import annotations

from typing import Any

MAX_BYTES = 32 * 1024
MAX_DEPTH = 8
MAX_NODES = 2_000

Fields = dict[str, Any]


class Malformed(Exception):
    """Not the XML the platform sends."""


def parse(data: bytes) -> Fields:
    """The children of `<xml>`: text, or a dict of children; elements that repeat become a list.

    Raises Malformed for anything that is too large, too deep, declares entities or is no `<xml>`.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    if len(data) > MAX_BYTES:
        raise Malformed("too large")
    try:
        root = fromstring(data.decode("utf-8"), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        # ValueError: not UTF-8; LookupError: declares an encoding nobody knows.
        raise Malformed("not XML") from None
    if root.tag != "xml":
        raise Malformed("another root")
    if sum(1 for _ in root.iter()) > MAX_NODES:
        raise Malformed("too many elements")
    found = _value(root, 0)
    return found if isinstance(found, dict) else {}


def _value(element: Any, depth: int) -> Fields | str:
    if depth > MAX_DEPTH:
        raise Malformed("too deep")
    if not len(element):
        return element.text or ""
    found: Fields = {}
    for child in element:
        value = _value(child, depth + 1)
        if child.tag not in found:
            found[child.tag] = value
        elif isinstance(found[child.tag], list):
            found[child.tag].append(value)
        else:
            found[child.tag] = [found[child.tag], value]
    return found


def text(fields: Fields, name: str) -> str:
    """A field's text, stripped; empty when it is missing or no text."""
    value = fields.get(name)
    return value.strip() if isinstance(value, str) else ""


def many(value: Any) -> list[Any]:
    """What may be absent, one, or many, as a list."""
    if value is None or value == "":
        return []
    return value if isinstance(value, list) else [value]

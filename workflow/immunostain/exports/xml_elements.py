"""Elements of XML, written one by one so that not all are in memory."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

# What XML can't hold, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@contextmanager
def element(xml: XMLGenerator, tag: str, **attributes: Any) -> Iterator[None]:
    """Write an element around what is written in the block."""
    xml.startElement(tag, _as_text(attributes))
    xml.characters("\n")
    yield
    xml.endElement(tag)
    xml.characters("\n")


def empty_element(xml: XMLGenerator, tag: str, **attributes: Any) -> None:
    """Write an element that has attributes only."""
    xml.startElement(tag, _as_text(attributes))
    xml.endElement(tag)
    xml.characters("\n")


def text_element(xml: XMLGenerator, tag: str, text: str) -> None:
    """Write an element that has text only."""
    xml.startElement(tag, AttributesImpl({}))
    xml.characters(text)
    xml.endElement(tag)
    xml.characters("\n")


def _as_text(attributes: dict[str, Any]) -> "AttributesImpl[str]":
    texts = {
        # 12 digits, as in the tables.
        name: format(value, ".12g") if isinstance(value, float) else _NOT_XML.sub("_", str(value))
        for name, value in attributes.items()
    }
    return AttributesImpl(texts)

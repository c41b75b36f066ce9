"""Files as text within the page, so that it is one file that can be mailed alone."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

KINDS = {".png": "image/png", ".webp": "image/webp"}


def data_uri(path: Path) -> str:
    """Give a picture, PNG or WebP, as an address that holds all of it."""
    return encoded(path.read_bytes(), path.suffix)


def encoded(content: bytes, suffix: str) -> str:
    """Give the content of a picture file, of the kind that a suffix tells, as such an address."""
    return f"data:{KINDS[suffix]};base64,{base64.b64encode(content).decode('ascii')}"


def packed(text: str) -> str:
    """Compress a text for the page; the page unpacks it with DecompressionStream.

    The same text gives the same result on any day, so that the page doesn't change by itself.
    """
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode("ascii")


def unpacked(content: str) -> str:
    """Give the text of which `packed` made this."""
    return gzip.decompress(base64.b64decode(content)).decode()


def compact_json(value: Any) -> str:
    """Write JSON without blanks, and without what could end a script element."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", r"\u003c")

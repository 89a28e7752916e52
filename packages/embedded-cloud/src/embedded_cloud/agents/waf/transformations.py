"""Text transformations of AWS WAF. Pure.

docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-transformation.html
"""

import html
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote


def url_decoded(text: str) -> str:
    return unquote(text, encoding="latin-1")


def _normalized(path: str) -> str:
    """Without `//`, `/./` and the folders that `/../` leaves."""
    kept: list[str] = []
    for part in re.sub(r"/{2,}", "/", path).split("/"):
        if part == ".." and kept and kept[-1]:
            kept.pop()
        elif part not in (".", ".."):
            kept.append(part)
    return "/".join(kept)


_KNOWN: Mapping[str, Callable[[str], str]] = {
    "NONE": lambda text: text,
    "LOWERCASE": str.lower,
    "URL_DECODE": url_decoded,
    "HTML_ENTITY_DECODE": html.unescape,
    "COMPRESS_WHITE_SPACE": lambda text: re.sub(r"[\f\t\n\r\v\xa0 ]+", " ", text),
    "NORMALIZE_PATH": _normalized,
    "NORMALIZE_PATH_WIN": lambda text: _normalized(text.replace("\\", "/")),
    "REMOVE_NULLS": lambda text: text.replace("\0", ""),
    "REPLACE_NULLS": lambda text: text.replace("\0", " "),
}


def transformed(text: str, transformations: Sequence[Mapping[str, Any]]) -> str | None:
    """Apply them in the order of their priority; None when one is not emulated."""
    for one in sorted(transformations, key=lambda one: int(one.get("Priority", 0))):
        apply = _KNOWN.get(str(one["Type"]))
        if apply is None:
            return None
        text = apply(text)
    return text

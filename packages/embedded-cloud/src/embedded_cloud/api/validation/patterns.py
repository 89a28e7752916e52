"""The patterns of AWS's service models, which are regular expressions of Java, for Python."""

import re
from functools import cache
from typing import Any

import regex  # type: ignore[import-untyped] # it ships no types

_SUPPLEMENTARY = (r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")
"""The characters above U+FFFF: Java writes their range with surrogate pairs."""

_SET_OPERATORS = re.compile(r"&&|\|\||--|~~|\[\[")
"""What `re` warns of, because it may mean something else one day."""


@cache
def compiled(pattern: str) -> Any:
    r"""The pattern with a `fullmatch` method, or None when Python has no equivalent.

    AWS matches the whole value, also where the model has no anchors. \w, \d and \s mean ASCII in Java."""
    text = pattern.replace(*_SUPPLEMENTARY)
    if _SET_OPERATORS.search(text):
        return _with_unicode_properties(text)
    try:
        return re.compile(text, re.ASCII)
    except re.error:
        return _with_unicode_properties(text)


def _with_unicode_properties(text: str) -> Any:
    # The ASCII flag of `regex` would limit \p{L} too.
    ascii_only = 0 if r"\p" in text.lower() else regex.ASCII
    version = regex.VERSION1 if "&&" in text else regex.VERSION0
    try:
        return regex.compile(text, ascii_only | version)
    except regex.error:
        return None

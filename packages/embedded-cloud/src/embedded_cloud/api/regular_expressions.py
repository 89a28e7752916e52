"""Regular expressions of AWS WAF, which has those of PCRE without some. Pure.

docs.aws.amazon.com/waf/latest/developerguide/waf-regex-pattern-support.html
"""

import re
from functools import lru_cache

_ONLY_PCRE = re.compile(r"\[:\^?[a-z]+:\]")
"""Classes like `[:alpha:]`: Python reads them as something else."""
_FAULTS = (
    "unterminated character set",
    "missing ), unterminated subpattern",
    "unbalanced parenthesis",
    "nothing to repeat",
    "bad character range",
    "min repeat greater than max repeat",
)
"""What Python says about a pattern that is none for PCRE either. Other errors are about what only PCRE has."""


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> re.Pattern[str] | None:
    """Compile a pattern, once; None for one that only PCRE reads, which is not emulated."""
    try:
        return None if _ONLY_PCRE.search(pattern) else re.compile(pattern, re.ASCII)
    except re.error:
        return None


def fault(pattern: str) -> str:
    """Return what is wrong with a pattern for PCRE too; empty for one that WAF may take."""
    # `(*UTF8)` and its like stand in front.
    rest = re.sub(r"^(\(\*[A-Z0-9_=]+\))+", "", pattern)
    try:
        re.compile(_ONLY_PCRE.sub("a", rest))
    except re.error as error:
        return str(error) if error.msg.startswith(_FAULTS) else ""
    return ""

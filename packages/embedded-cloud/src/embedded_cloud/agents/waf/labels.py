"""Labels that rules add to a request. Pure.

docs.aws.amazon.com/waf/latest/developerguide/waf-rule-label-match.html and waf-rule-label-match-examples.html
"""

from collections.abc import Sequence

_PREFIXED = "awswaf:"


def has_label(labels: Sequence[str], key: str, scope: str, prefix: str) -> bool:
    """Return whether one of the labels is what a label match statement looks for.

    `scope` is `LABEL` or `NAMESPACE`. A key without a prefix finds labels of the statement's own web ACL or rule group,
    which have `prefix`, also those with further namespaces in front of the key.
    """
    if key.startswith(_PREFIXED):
        whole = f"{key.rstrip(':')}:"
        return any(label.startswith(whole) for label in labels) if scope == "NAMESPACE" else key in labels
    own = [f":{label.removeprefix(prefix)}" for label in labels if label.startswith(prefix)]
    if scope == "NAMESPACE":
        return any(f":{key.strip(':')}:" in f"{label.rpartition(':')[0]}:" for label in own)
    return any(label.endswith(f":{key}") for label in own)

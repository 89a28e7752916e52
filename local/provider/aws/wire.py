"""Properties for services whose own API already writes `camelCase` (ECS, ECR, logs): renamed, never capitalised."""

from collections.abc import Mapping
from typing import Any


def pick(values: Mapping[str, Any], same: str = "", **renamed: str) -> dict[str, Any]:
    """The properties that are set, under AWS's names: `pick(inputs, "cpu memory", name="clusterName")`."""
    names = {name: name for name in same.split()} | renamed
    return {theirs: values[ours] for ours, theirs in names.items() if values.get(ours) is not None}


def report(answer: Mapping[str, Any], same: str = "", **renamed: str) -> dict[str, Any]:
    """The opposite: what AWS answers, under Pulumi's names; empty lists, objects and texts are left out."""
    names = {name: name for name in same.split()} | renamed
    return {ours: answer[theirs] for ours, theirs in names.items() if answer.get(theirs) not in (None, "", [], {})}

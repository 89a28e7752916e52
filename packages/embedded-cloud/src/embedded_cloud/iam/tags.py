"""Tags of resources as moto has them. Callers hold the cloud's lock."""

from collections.abc import Callable, Mapping
from typing import Any

Backend = Callable[[str], Any]
"""moto's backend of a service."""


def of(arn: str, backend: Backend) -> dict[str, str]:
    """The tags of a resource. A resource that does not exist, or of a kind that is not known here, has none."""
    service = (arn.split(":", 5) + [""] * 5)[2]
    if service in _FINDERS:
        return _FINDERS[service](arn, backend(service))
    return _tagged(arn, backend(_NAMES.get(service, service))) if service in {*_NAMES, *_TAGGED} else {}


def _ecs(arn: str, ecs: Any) -> dict[str, str]:
    kind, _, name = arn.split(":", 5)[5].partition("/")
    return _by_words(_ecs_tags(kind, name, arn, ecs))


def _ecs_tags(kind: str, name: str, arn: str, ecs: Any) -> Any:
    if kind == "task-definition":
        family, _, revision = name.partition(":")
        found: Any = ecs.task_definitions.get(family, {}).get(int(revision) if revision.isdigit() else 0)
    elif kind == "task":
        cluster, _, identifier = name.rpartition("/")
        found = next((one for one in ecs.tasks.get(cluster, {}).values() if one.id == identifier), None)
    else:
        owners = {"cluster": ecs.clusters, "service": ecs.services}.get(kind, {})
        found = next((one for one in owners.values() if one.arn == arn), None)
    return getattr(found, "tags", None)


def _kms(arn: str, kms: Any) -> dict[str, str]:
    return _by_words(kms.tagger.list_tags_for_resource(arn.rpartition("/")[2])["Tags"])


def _secret(arn: str, secrets: Any) -> dict[str, str]:
    return _by_words(secrets.secrets.get(arn).tags if arn in secrets.secrets else None)


def _log_group(arn: str, logs: Any) -> dict[str, str]:
    return _tagged(arn.partition(":log-stream:")[0].removesuffix(":*"), logs)


def _parameter(arn: str, ssm: Any) -> dict[str, str]:
    name = arn.partition(":parameter")[2]
    known = ssm._resource_tags.get("Parameter", {})
    return dict(known.get(name) or known.get(name.lstrip("/")) or {})


def _queue(arn: str, sqs: Any) -> dict[str, str]:
    found = sqs.queues.get(arn.rpartition(":")[2])
    return dict(getattr(found, "tags", None) or {})


def _topic(arn: str, sns: Any) -> dict[str, str]:
    found = sns.topics.get(arn)
    return dict(getattr(found, "_tags", None) or {})


def _ec2(arn: str, ec2: Any) -> dict[str, str]:
    return dict(ec2.tags.get(arn.rpartition("/")[2]) or {})


def _tagged(arn: str, backend: Any) -> dict[str, str]:
    """The tags in the backend's tagging service, or those that moto keeps with each resource."""
    if tagger := getattr(backend, "tagger", None) or getattr(backend, "tagging_service", None):
        return dict(tagger.get_tag_dict_for_resource(arn))
    return next((dict(one.tags) for one in backend.iter_tagged_resources() if one.arn == arn), {})


def _by_words(tags: Any) -> dict[str, str]:
    """Services spell the fields of a tag in different ways."""
    if isinstance(tags, Mapping):
        return dict(tags)
    found = ({word.lower(): value for word, value in one.items()} for one in tags or ())
    return {one.get("key", one.get("tagkey", "")): one.get("value", one.get("tagvalue", "")) for one in found}


_NAMES = {"elasticloadbalancing": "elbv2"}
"""moto's names of services, where ARNs have others."""
_TAGGED = frozenset(("acm", "ecr", "elasticache", "rds", "wafv2"))
_FINDERS: Mapping[str, Callable[[str, Any], dict[str, str]]] = {
    "ec2": _ec2,
    "ecs": _ecs,
    "kms": _kms,
    "logs": _log_group,
    "secretsmanager": _secret,
    "sns": _topic,
    "sqs": _queue,
    "ssm": _parameter,
}

"""The forms in which AWS's services refuse a request that breaks their model: code and sentence of each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from embedded_cloud.api.validation.traits import Path, Violation


@dataclass(frozen=True)
class Refusal:
    """Code and message of AWS's error."""

    code: str
    message: str


Form = Callable[[Sequence[Violation]], Refusal]


def refusal(service: str, protocol: str, violations: Sequence[Violation]) -> Refusal:
    """The error that this service answers with. `service` is boto3's name."""
    return _FORMS.get(service, _BY_PROTOCOL.get(protocol, _common("ValidationException")))(violations)


def _common(code: str, unreadable: str = "") -> Form:
    """The sentence that most services share; `unreadable` is the code for a value of another type."""

    def form(violations: Sequence[Violation]) -> Refusal:
        if unreadable and all(one.kind == "type" for one in violations):
            return Refusal(unreadable, "; ".join(f"{_dotted(one.path)}: {one.constraint}" for one in violations))
        number = len(violations)
        parts = "; ".join(
            f"Value {_quoted(one)}at '{_dotted(one.path)}' failed to satisfy constraint: {one.constraint}"
            for one in violations
        )
        return Refusal(code, f"{number} validation error{'s' if number > 1 else ''} detected: {parts}")

    return form


def _quoted(violation: Violation) -> str:
    if violation.kind == "missing":
        return "null "
    return "" if violation.value is None else f"'{violation.value}' "


def _dotted(path: Path) -> str:
    """AWS's spelling of a path: `tags.1.member.key`."""
    return ".".join(part[:1].lower() + part[1:] for part in map(str, path))


def _parameters(violations: Sequence[Violation]) -> Refusal:
    """EC2 and RDS name one parameter."""
    worst = min(violations, key=lambda one: ("unknown", "missing", "type", "constraint").index(one.kind))
    name = ".".join(str(part) for part in worst.path if part != "member")
    if worst.kind == "unknown":
        return Refusal("UnknownParameter", f"The parameter {name} is not recognized")
    if worst.kind == "missing":
        return Refusal("MissingParameter", f"The request must contain the parameter {name}")
    shown = "" if worst.value is None else f"({worst.value}) "
    return Refusal("InvalidParameterValue", f"Value {shown}for parameter {name} is invalid. {worst.constraint}")


def _ecr(violations: Sequence[Violation]) -> Refusal:
    first = violations[0]
    constraint = first.constraint.removeprefix("Member ").replace("pattern: ", "'") + (
        "'" if "pattern: " in first.constraint else ""
    )
    return Refusal(
        "InvalidParameterException",
        f"Invalid parameter at '{_dotted(first.path)}' failed to satisfy constraint: '{constraint}'",
    )


def _s3(violations: Sequence[Violation]) -> Refusal:
    if any(one.path == ("Bucket",) for one in violations):
        return Refusal("InvalidBucketName", "The specified bucket is not valid.")
    if any(len(one.path) > 1 or one.kind in ("unknown", "missing") for one in violations):
        return Refusal(
            "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema"
        )
    return Refusal("InvalidArgument", _common("")(violations).message)


_BY_PROTOCOL: Mapping[str, Form] = {
    "query": _common("ValidationError"),
    "ec2": _parameters,
    "json": _common("ValidationException", unreadable="SerializationException"),
    "rest-json": _common("ValidationException", unreadable="SerializationException"),
    "rest-xml": _common("InvalidInput"),
}
_FORMS: Mapping[str, Form] = {
    # Each code is in the service's own model or in its page of common errors.
    "cloudwatch": _common("ValidationError"),
    "ecr": _ecr,
    "ecs": _common("InvalidParameterException", unreadable="SerializationException"),
    "logs": _common("InvalidParameterException", unreadable="SerializationException"),
    "rds": _parameters,
    "resourcegroupstaggingapi": _common("InvalidParameterException", unreadable="SerializationException"),
    "s3": _s3,
    "sesv2": _common("BadRequestException", unreadable="SerializationException"),
}

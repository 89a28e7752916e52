"""Read a request by its service's model, check it, and write AWS's error in the service's protocol."""

import gzip
import io
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element

from botocore.exceptions import UnknownServiceError
from botocore.model import StructureShape
from moto.core.errors import COMMON_ERROR_CODES
from moto.core.exceptions import ServiceException
from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS, RequestParserError
from moto.core.request import Request, determine_request_protocol
from moto.core.responses import boto3_service_name
from moto.core.routing import get_service_router
from moto.core.serialize import get_serializer_class
from werkzeug.exceptions import NotFound

from embedded_cloud.api.validation.constraints import Check, Unreadable, check_of
from embedded_cloud.api.validation.errors import refusal
from embedded_cloud.api.validation.traits import Violation

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

# moto warns of an error code that a service's model lacks; AWS has these in every service.
COMMON_ERROR_CODES.extend(("SerializationException", "MissingParameter", "InvalidInput"))
COMMON_ERROR_CODES.extend(("AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"))

_VERSIONS = {("elb", "2015-12-01"): "elbv2"}
"""Services that share a host: moto's name and the request's API version."""
_NAMES = {**boto3_service_name, "applicationautoscaling": "application-autoscaling"}
"""boto3's names of services, where moto has others."""
_ENVELOPE = {"Action", "Version", "DryRun", "AUTHPARAMS"}
"""Parameters of every request of EC2."""


class RefusedRequestError(ServiceException):  # type: ignore[misc] # moto is not typed
    """A request that moto does not see. moto takes a class of its own for one of a service `core`."""


@dataclass(frozen=True)
class Answer:
    """An error in the protocol of the service."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request as its service's model has it."""

    service: str
    """boto3's name."""
    operation: OperationModel
    protocol: str
    parameters: dict[str, Any]
    """As boto3 takes them."""
    violations: list[Violation]
    """What the model does not allow."""

    def refusal(self, code: str, message: str) -> Answer:
        """An error as this service words it."""
        serializer = get_serializer_class(self.service, self.protocol)(operation_model=self.operation)
        answer = serializer.serialize(RefusedRequestError(code, message))
        text = answer["body"]
        return Answer(
            status=int(answer["status_code"]),
            headers={key: str(value) for key, value in answer["headers"].items()},
            body=text if isinstance(text, bytes) else text.encode(),
        )


def read(service: str, environ: "WSGIEnvironment", body: bytes) -> Asked | None:
    """A request to `service` (moto's name); None for services, operations and protocols that only moto can answer."""
    request = _request(environ, body)
    try:
        name = _VERSIONS.get((service, request.values.get("Version", "")), _NAMES.get(service, service))
        operation, labels = get_service_router(name).match(request)
    except (NotFound, NotImplementedError, UnknownServiceError):
        return None
    protocol = determine_request_protocol(operation.service_model, request.content_type)
    takes_input = isinstance(operation.input_shape, StructureShape)
    parameters, violations = _parsed(request, operation, labels, protocol) if takes_input else ({}, [])
    return Asked(service=name, operation=operation, protocol=protocol, parameters=parameters, violations=violations)


def refused(asked: Asked) -> Answer | None:
    """AWS's answer to a request that breaks its service's model, or None when moto may answer."""
    if not asked.violations:
        return None
    error = refusal(asked.service, asked.protocol, asked.violations)
    return asked.refusal(error.code, error.message)


def _request(environ: "WSGIEnvironment", body: bytes) -> Request:
    copy = dict(environ)
    if copy.get("HTTP_CONTENT_ENCODING") == "gzip":
        body = gzip.decompress(body)
    copy |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body)), "wsgi.input_terminated": True}
    return Request(copy)


def _parsed(
    request: Request, operation: OperationModel, labels: dict[str, Any], protocol: str
) -> tuple[dict[str, Any], list[Violation]]:
    """Parameters, and what the model does not allow about them."""
    values = _Used(request.values.items()) if protocol == "ec2" else request.values
    parser = _parser_class(protocol)(operation)
    asked = {
        "method": request.method,
        "values": values,
        "headers": request.headers,
        "body": request.data,
        "url_path": request.path,
        "url_params": labels,
    }
    try:
        parsed = parser.parse(asked)
    except RequestParserError:
        return {}, [Violation(path=("body",), kind="unknown", constraint="Member must be well-formed")]
    violations = list(_check(operation)(parsed, (), False))
    unknown = [*parser.unknown, *(values.unused() if isinstance(values, _Used) else ())]
    unrecognized = [Violation(path=(one,), kind="unknown", constraint="is not recognized") for one in unknown]
    return parsed, [*unrecognized, *violations]


_checks: dict[tuple[str, str], Check] = {}


def _check(operation: OperationModel) -> Check:
    key = (operation.service_model.service_name, operation.name)
    if key not in _checks:
        _checks[key] = check_of(key[0], operation.input_shape)
    return _checks[key]


class _Used(dict[str, str]):
    """Parameters of a query that remember which of them the model knows."""

    def __init__(self, items: Any) -> None:
        super().__init__(items)
        self._known: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self._known.add(key)
        return super().get(key, default)

    def unused(self) -> list[str]:
        return sorted(set(self) - self._known - _ENVELOPE)


@lru_cache
def _parser_class(protocol: str) -> Any:
    base: Any = PROTOCOL_PARSERS[protocol]

    class Parser(base):  # type: ignore[misc] # moto is not typed
        """moto's parser that marks what it cannot read, and the elements of XML that the model does not know."""

        def __init__(self, operation: OperationModel) -> None:
            super().__init__(operation)
            self.unknown: list[str] = []

        def _parse_shape(self, shape: Any, node: Any, *rest: Any) -> Any:
            try:
                return super()._parse_shape(shape, node, *rest)
            except (ValueError, TypeError, AttributeError):
                return Unreadable()

        def _parse_structure(self, shape: Any, node: Any, *rest: Any) -> Any:
            if isinstance(node, Element):
                names = {self._member_key_name(member, name) for name, member in shape.members.items()}
                self.unknown += sorted(set(self._build_name_to_xml_node(node)) - names)
            return super()._parse_structure(shape, node, *rest)

    return Parser

"""Refuse what IAM does not allow to the sessions of roles; whoever signs with other keys operates the cloud."""

import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from moto.sts.models import AssumedRole, sts_backends

from embedded_cloud.api.validation.requests import Answer, Asked
from embedded_cloud.config import ACCOUNT_ID, REGION
from embedded_cloud.iam.decisions import Decisions, Refused
from embedded_cloud.iam.operations.call import Call, UnknownOperationError
from embedded_cloud.iam.operations.table import requests
from embedded_cloud.iam.resources import MotoResources

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

_HEADER = re.compile(r"AWS4-HMAC-SHA256\s+Credential=([^/,\s]+)/\d+/([^/]*)/|AWS\s+([^:\s]+):")
_FORM = re.compile(rb'name="(?:x-amz-credential|AWSAccessKeyId)"\r\n\r\n([^/\r]+)', re.IGNORECASE)
"""Of a browser's upload: docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html"""
FORBIDDEN = 403
"""Services with the protocol `json` answer 400."""


@dataclass(frozen=True)
class Signature:
    """Who signs a request, and for which region."""

    access_key: str
    region: str = ""
    ends_at: float = math.inf
    """Of a presigned URL, in seconds since the epoch."""


def signature(environ: "WSGIEnvironment", body: bytes) -> Signature | None:
    """The signature in the header, in the query of a presigned URL, or in the form of an upload; None without."""
    if found := _HEADER.match(environ.get("HTTP_AUTHORIZATION", "")):
        return Signature(found[1] or found[3], found[2] or "")
    query = parse_qs(environ.get("QUERY_STRING", ""))
    for name in ("X-Amz-Credential", "AWSAccessKeyId"):
        if values := query.get(name):
            key, *scope = values[0].split("/")
            return Signature(key, scope[1] if len(scope) > 1 else "", _end(query))
    form = _FORM.search(body) if environ.get("CONTENT_TYPE", "").startswith("multipart/form-data") else None
    return Signature(form[1].decode("ascii", "replace")) if form else None


def _end(query: Mapping[str, list[str]]) -> float:
    """docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html"""
    try:
        if "X-Amz-Expires" in query:
            began = datetime.strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            return began.timestamp() + int(query["X-Amz-Expires"][0])
        return float(query["Expires"][0])
    except (KeyError, ValueError):
        return math.inf


class Authorization:
    """What IAM says of the API's requests. Callers hold the cloud's lock."""

    def __init__(self, decisions: Decisions) -> None:
        self._decisions = decisions

    def refused(self, signed: Signature, service: str, asked: Asked | None) -> Answer | None:
        """AWS's answer to a presigned URL that has expired, and to a role's request that IAM does not allow.

        None when moto may answer.

        `service` is moto's name, for a request that no model describes.
        """
        if time.time() > signed.ends_at and asked is not None:
            return replace(asked.refusal("AccessDenied", "Request has expired"), status=FORBIDDEN)
        role = _assumed(signed.access_key)
        if role is None:
            return None
        session = self._decisions.session(role.role_arn, role.session_name, role.policy or "")
        if asked is None:
            unknown = self._decisions.unknown(session, f"{service}:*")
            return Answer(status=FORBIDDEN, headers={}, body=unknown.message.encode())
        region = signed.region or REGION
        call = Call(service=asked.service, operation=asked.operation.name, parameters=asked.parameters, region=region)
        try:
            found = self._decisions.refused(session, requests(call, MotoResources(region)), region=region)
        except UnknownOperationError as error:
            found = self._decisions.unknown(session, str(error))
        return _answer(found, asked) if found else None


def _assumed(access_key: str) -> AssumedRole | None:
    # The newest are asked most.
    sessions = reversed(sts_backends[ACCOUNT_ID]["aws"].assumed_roles)
    return next((one for one in sessions if one.access_key_id == access_key), None)


def _answer(refused: Refused, asked: Asked) -> Answer:
    code, message = _denial(refused, asked.service, asked.protocol)
    answer = asked.refusal(code, message)
    return answer if asked.protocol == "json" else replace(answer, status=FORBIDDEN)


def _denial(refused: Refused, service: str, protocol: str) -> tuple[str, str]:
    """Code and message as the service writes them."""
    request, code = refused.request, "AccessDeniedException" if "json" in protocol else "AccessDenied"
    if service == "s3":
        return code, refused.worded(resource=f'"{request.resource}"')
    if service == "ec2":
        return "UnauthorizedOperation", f"You are not authorized to perform this operation. {refused.message}"
    if service == "sns":
        return "AuthorizationError", refused.worded(action=request.action.replace("sns:", "SNS:"))
    if service == "sqs":
        return "AccessDenied", refused.worded(action=request.action.lower())
    if service in ("ses", "sesv2"):
        what = f"`{request.action}' on resource `{request.resource}'"
        return code, f"User `{refused.session.arn}' is not authorized to perform {what}"
    return code, refused.message

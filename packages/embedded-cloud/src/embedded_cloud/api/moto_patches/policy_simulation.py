"""IAM's policy simulator, which moto lacks: what a role or user may do, without doing it.

docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from collections.abc import Sequence
from itertools import product
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.exceptions import IAMException, NotFoundException
from moto.iam.models import IAMBackend
from moto.iam.responses import IamResponse

from embedded_cloud.iam import roles
from embedded_cloud.iam.candidates import candidates
from embedded_cloud.iam.conditions import UnknownPolicyError
from embedded_cloud.iam.evaluation import Document, Policies, Request, effects, statements

PAGE = 100
"""Results of an answer without `MaxItems`."""
ADMINISTRATOR = ":user/moto"
"""Whom moto takes requests for that have no credentials of its own: this cloud lets them do everything."""
_EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


class PolicyEvaluationError(IAMException):  # type: ignore[misc] # moto is not typed
    """A policy of the role has what the evaluation does not know."""

    code = "PolicyEvaluation"


def apply() -> None:
    # moto has no such operation, so there is nothing to wrap.
    IamResponse.simulate_principal_policy = _simulate


def _simulate(self: IamResponse) -> ActionResult:
    found = _policies(self.backend, self._get_param("PolicySourceArn"))
    kinds = [{"Statement": statements(one)} for one in (found.identity, found.boundary) if one is not None]
    entries = self._get_param("ContextEntries") or []
    context = {one["ContextKeyName"]: one.get("ContextKeyValues") or [] for one in entries}
    asked = list(product(self._get_param("ActionNames"), self._get_param("ResourceArns") or ["*"]))
    first = int(self._get_param("Marker") or 0)
    last = first + int(self._get_param("MaxItems") or PAGE)
    results = [_result(Request(action=one, resource=arn, context=context), kinds) for one, arn in asked[first:last]]
    more = {"Marker": str(last)} if last < len(asked) else {}
    return ActionResult({"EvaluationResults": results, "IsTruncated": bool(more), **more})


def _policies(iam: IAMBackend, arn: str) -> Policies:
    if arn.endswith(ADMINISTRATOR):
        return Policies(identity=(_EVERYTHING,))
    if role := roles.find(iam, arn):
        return roles.policies(role, iam)
    if user := next((one for one in iam.users.values() if one.arn == arn), None):
        return roles.policies(user, iam)
    raise NotFoundException(f"The entity {arn} cannot be found.")


def _result(request: Request, kinds: Sequence[Document]) -> dict[str, Any]:
    """`kinds`: policies that must each allow the request."""
    try:
        found = [effects(request, [candidates([one], request.action)]) for one in kinds]
    except UnknownPolicyError as error:
        raise PolicyEvaluationError(f"The policy evaluation failed: {error}") from None
    denied, allowed = any("Deny" in one for one in found), all("Allow" in one for one in found)
    decision = "explicitDeny" if denied else "allowed" if allowed else "implicitDeny"
    return {"EvalActionName": request.action, "EvalResourceName": request.resource, "EvalDecision": decision}

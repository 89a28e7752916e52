"""What IAM decides about a request of the pipelines' roles: their policies and trust policies."""

from collections.abc import Iterable, Mapping

from embedded_cloud.iam.candidates import candidates
from embedded_cloud.iam.conditions import Context
from embedded_cloud.iam.evaluation import Document, Policies, Request, effects, refusal, statements

HOST = "token.actions.githubusercontent.com"


def allowed(documents: Iterable[Document], action: str, resource: str = "*", context: Context | None = None) -> bool:
    """Whether these policies together allow a request: one statement allows it, none denies it."""
    known = {"aws:RequestedRegion": "us-east-1", **(context or {})}
    policies = Policies(identity=(candidates(documents, action),))
    return not refusal(Request(action=action, resource=resource, context=known), policies)


def trusted(trust_policy: str, claims: Mapping[str, str]) -> bool:
    """Whether a job with these claims in GitHub's token may take the role."""
    (provider,) = {one["Principal"]["Federated"] for one in statements([trust_policy])}
    assert provider.endswith(f":oidc-provider/{HOST}")
    context = {f"{HOST}:{claim}": value for claim, value in claims.items()}
    request = Request(action="sts:AssumeRoleWithWebIdentity", context=context)
    return effects(request, [trust_policy], {"Federated": provider}) == {"Allow"}

"""WAF: web ACLs, their associations and logging."""

from collections.abc import Mapping
from typing import Any

from embedded_cloud.agents.waf.managed_rules import GROUPS
from embedded_cloud.emulation import Emulation
from embedded_cloud.providers.aws import references
from embedded_cloud.providers.aws.tagging import WEB_ACL_TAGS
from embedded_cloud.providers.call import Call, capital, from_boto
from embedded_cloud.providers.entry import ALL, AutoName, Reference, ResourceType
from embedded_cloud.providers.values import Values

_SPELLING = {
    "arn": "ARN",
    "cloudwatchMetricsEnabled": "CloudWatchMetricsEnabled",
    "ipSetReferenceStatement": "IPSetReferenceStatement",
    "ipSetForwardedIpConfig": "IPSetForwardedIPConfig",
    "forwardedIpConfig": "ForwardedIPConfig",
}
"""Keys that differ from the property by more than a capital."""
_BACK = {boto: wire for wire, boto in _SPELLING.items()}


def _to_waf(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_SPELLING.get(k, capital(k)): _to_waf(v) for k, v in value.items() if v is not None}
    return [_to_waf(item) for item in value] if isinstance(value, list) else value


def _from_waf(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_BACK.get(k, k[0].lower() + k[1:]): _from_waf(v) for k, v in value.items() if v is not None}
    return [_from_waf(item) for item in value] if isinstance(value, list) else value


def _by_arn(call: Call, arn: str) -> dict[str, Any] | None:
    scope = "CLOUDFRONT" if ":global/" in arn else "REGIONAL"
    acls = call.aws("wafv2").list_web_acls(Scope=scope)["WebACLs"]
    return next((acl for acl in acls if acl["ARN"] == arn), None)


WEB_ACL = Reference("web ACL", _by_arn)


def _parameters(call: Call) -> dict[str, Any]:
    names = ("description", "defaultAction", "rules", "visibilityConfig", "captchaConfig", "challengeConfig")
    given = {name: call.inputs[name] for name in (*names, "tokenDomains") if name in call.inputs}
    wanted: dict[str, Any] = {"Rules": [], **_to_waf(given)}
    return wanted


def _create(call: Call) -> str:
    answer = call.aws("wafv2").create_web_acl(**call.params("name scope"), **_parameters(call))
    return str(answer["Summary"]["Id"])


def _get(call: Call) -> tuple[dict[str, Any], str]:
    answer = call.aws("wafv2").get_web_acl(Name=call.state["name"], Scope=call.state["scope"], Id=call.id)
    return answer["WebACL"], answer["LockToken"]


def _read(call: Call) -> Values:
    acl, _ = _get(call)
    known = {
        name: _from_waf(acl[capital(name)])
        for name in ("defaultAction", "visibilityConfig", "captchaConfig", "challengeConfig", "tokenDomains")
        if acl.get(capital(name))
    }
    rules = [_from_waf(rule) for rule in acl.get("Rules", [])]
    return {
        **known,
        **from_boto(acl, "name description capacity", arn="ARN"),
        "scope": call.state["scope"],
        "rules": rules or None,
    }


def _update(call: Call) -> None:
    _, token = _get(call)
    call.aws("wafv2").update_web_acl(**call.params("name scope"), Id=call.id, LockToken=token, **_parameters(call))


def _delete(call: Call) -> None:
    _, token = _get(call)
    call.aws("wafv2").delete_web_acl(Name=call.state["name"], Scope=call.state["scope"], Id=call.id, LockToken=token)


def _associate(call: Call) -> str:
    call.aws("wafv2").associate_web_acl(WebACLArn=call.inputs["webAclArn"], ResourceArn=call.inputs["resourceArn"])
    return f"{call.inputs['webAclArn']},{call.inputs['resourceArn']}"


def _read_association(call: Call) -> Values | None:
    _, resource = call.id.split(",", 1)
    acl = call.aws("wafv2").get_web_acl_for_resource(ResourceArn=resource).get("WebACL")
    return {"webAclArn": acl["ARN"], "resourceArn": resource} if acl else None


def _set_logging(call: Call) -> str:
    wanted = _to_waf({name: call.inputs[name] for name in _LOGGING.split() if name in call.inputs})
    call.aws("wafv2").put_logging_configuration(LoggingConfiguration=wanted)
    return str(call.inputs["resourceArn"])


def _read_logging(call: Call) -> Values:
    answer = call.aws("wafv2").get_logging_configuration(ResourceArn=call.id)["LoggingConfiguration"]
    known = _from_waf(answer)
    return {name: known[name] for name in _LOGGING.split() if known.get(name)}


_LOGGING = "resourceArn logDestinationConfigs loggingFilter redactedFields"


def _groups() -> str:
    return ", ".join(f"{name} ({len(group.rules)} rules)" for name, group in GROUPS.items() if group.rules)


def _silent_groups() -> str:
    names = [name for name, group in GROUPS.items() if not group.rules]
    rules = [rule for group in GROUPS.values() if group.rules for rule in group.silent]
    return f"{', '.join(names)}, all other managed groups, and {', '.join(rules)}: AWS publishes no pattern of theirs"


EMULATION = Emulation(
    service="AWS WAF",
    types="aws:wafv2/",
    acts=(
        "the web ACL of the load balancer inspects each request before its listener's rules; a change acts at once",
        (f"managed groups, as far as AWS describes them: sizes are exact, of patterns the examples match: {_groups()}"),
        "rate-based rules by address, forwarded address, or all; visitors of this machine share Docker's gateway",
        "statements on bytes, sizes, regular expressions, IP sets and labels, with and, or and not; own rule groups",
        "oversize handling above 8 KB of body, headers or cookies, and above 200 headers or cookies",
        "block, count and allow, overrides of groups and rules, labels; a blocked visitor gets 403",
        (
            "metrics AllowedRequests, BlockedRequests, CountedRequests by rule; the log in CloudWatch Logs with "
            "filter and redacted fields"
        ),
    ),
    stored=(
        _silent_groups(),
        (
            "countries, SQL injection, JSON bodies, fingerprints, further text transformations, what only PCRE reads "
            "in a regular expression: a rule that needs one never matches, nor does its opposite"
        ),
        "CAPTCHA, challenges, custom responses and inserted headers; logs to S3 and Firehose; sampled requests",
        "`Host_localhost_HEADER` for localhost with a published port, which is this machine's way in",
        "without an answer within 5 s a request passes",
    ),
    refused=("names that are taken", "malformed regular expressions and addresses (`WAFInvalidParameterException`)"),
)
RESOURCES = (
    ResourceType(
        "aws:wafv2/webAcl:WebAcl",
        reported="name scope description defaultAction rules visibilityConfig captchaConfig challengeConfig "
        "tokenDomains",
        replaces="name scope",
        name=AutoName(max_length=128),
        tags=WEB_ACL_TAGS,
        effect="inspects the requests of its load balancer",
        check=lambda inputs: [
            (name, "is required") for name in ("defaultAction", "visibilityConfig") if name not in inputs
        ],
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
    ),
    ResourceType(
        "aws:wafv2/webAclAssociation:WebAclAssociation",
        reported="webAclArn resourceArn",
        replaces=ALL,
        references={"webAclArn": WEB_ACL, "resourceArn": references.LOAD_BALANCER},
        # A load balancer has one web ACL.
        delete_before_replace=True,
        effect="puts the web ACL in front of the load balancer",
        create=_associate,
        read=_read_association,
        delete=lambda call: call.aws("wafv2").disassociate_web_acl(ResourceArn=call.id.split(",", 1)[1]),
    ),
    ResourceType(
        "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
        reported=_LOGGING,
        replaces="resourceArn",
        references={"resourceArn": WEB_ACL, "logDestinationConfigs": references.LOG_TARGET},
        effect="writes records to CloudWatch Logs",
        create=_set_logging,
        read=_read_logging,
        update=_set_logging,
        delete=lambda call: call.aws("wafv2").delete_logging_configuration(ResourceArn=call.id),
    ),
)

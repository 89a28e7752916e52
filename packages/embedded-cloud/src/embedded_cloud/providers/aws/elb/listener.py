"""Elastic Load Balancing: listeners, their rules and additional certificates."""

import re
from typing import Any

from embedded_cloud.providers.aws import references
from embedded_cloud.providers.aws.elb.properties import (
    Attribute,
    from_actions,
    from_attributes,
    from_conditions,
    to_actions,
    to_attributes,
    to_conditions,
)
from embedded_cloud.providers.aws.tagging import ELB_TAGS
from embedded_cloud.providers.call import Call, from_boto
from embedded_cloud.providers.entry import ALL, ResourceType
from embedded_cloud.providers.inputs import schema
from embedded_cloud.providers.values import Values

LISTENER = "aws:lb/listener:Listener"
_HEADER = re.compile(r"routingHttp(Request|Response)(\w+?)(HeaderName|HeaderValue|Enabled)$")
_ACTION_REFERENCES = {"targetGroupArn": references.TARGET_GROUP, "forward.targetGroups.arn": references.TARGET_GROUP}


def _words(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _header_attributes() -> dict[str, Attribute]:
    """AWS's keys by property: `routingHttpResponseServerEnabled` is `routing.http.response.server.enabled`."""
    table = {}
    for name in schema.inputs_of(LISTENER).properties:
        match = _HEADER.match(name)
        if match:
            side, header, kind = match.groups()
            key = f"routing.http.{side.lower()}.{_words(header)}.{_words(kind)}"
            table[name] = Attribute(key, bool, "true") if kind == "Enabled" else Attribute(key, str)
    return table


_ATTRIBUTES = _header_attributes()


def _parameters(call: Call) -> dict[str, Any]:
    wanted = call.params("port protocol sslPolicy")
    wanted["DefaultActions"] = to_actions(call.inputs["defaultActions"])
    if "certificateArn" in call.inputs:
        wanted["Certificates"] = [{"CertificateArn": call.inputs["certificateArn"]}]
    if "alpnPolicy" in call.inputs:
        wanted["AlpnPolicy"] = [call.inputs["alpnPolicy"]]
    return wanted


def _create(call: Call) -> str:
    answer = call.aws("elbv2").create_listener(**call.params("loadBalancerArn"), **_parameters(call))
    return str(answer["Listeners"][0]["ListenerArn"])


def _set_attributes(call: Call) -> None:
    attributes = to_attributes(call, _ATTRIBUTES, call.inputs, call.old_inputs)
    if attributes:
        call.aws("elbv2").modify_listener_attributes(ListenerArn=call.id, Attributes=attributes)


def _read(call: Call) -> Values:
    (listener,) = call.aws("elbv2").describe_listeners(ListenerArns=[call.id])["Listeners"]
    attributes = call.aws("elbv2").describe_listener_attributes(ListenerArn=call.id)["Attributes"]
    certificates = listener.get("Certificates") or [{}]
    return {
        **from_attributes(attributes, _ATTRIBUTES),
        **from_boto(listener, "loadBalancerArn port protocol sslPolicy", arn="ListenerArn"),
        "certificateArn": certificates[0].get("CertificateArn"),
        "alpnPolicy": next(iter(listener.get("AlpnPolicy") or []), None),
        "defaultActions": from_actions(listener["DefaultActions"]),
    }


def _check(inputs: Values) -> list[tuple[str, str]]:
    secure = inputs.get("protocol") in ("HTTPS", "TLS")
    if secure and "certificateArn" not in inputs:
        return [("certificateArn", f"is required when protocol is {inputs['protocol']}")]
    return [] if secure or "sslPolicy" not in inputs else [("sslPolicy", "is allowed for HTTPS and TLS listeners only")]


def _create_rule(call: Call) -> str:
    answer = call.aws("elbv2").create_rule(
        **call.params("listenerArn priority"),
        Actions=to_actions(call.inputs["actions"]),
        Conditions=to_conditions(call.inputs["conditions"]),
    )
    return str(answer["Rules"][0]["RuleArn"])


def _read_rule(call: Call) -> Values | None:
    rules = call.aws("elbv2").describe_rules(RuleArns=[call.id])["Rules"]
    if not rules:
        return None
    return {
        "arn": call.id,
        "listenerArn": call.state.get("listenerArn"),
        "priority": int(rules[0]["Priority"]),
        "actions": from_actions(rules[0]["Actions"]),
        "conditions": from_conditions(rules[0]["Conditions"]),
    }


def _update_rule(call: Call) -> None:
    if call.changed("priority"):
        priorities = [{"RuleArn": call.id, "Priority": call.inputs["priority"]}]
        call.aws("elbv2").set_rule_priorities(RulePriorities=priorities)
    if call.changed("actions", "conditions"):
        call.aws("elbv2").modify_rule(
            RuleArn=call.id,
            Actions=to_actions(call.inputs["actions"]),
            Conditions=to_conditions(call.inputs["conditions"]),
        )


def _certificate(call: Call) -> tuple[str, list[dict[str, str]]]:
    listener, certificate = call.id.split("_", 1)
    return listener, [{"CertificateArn": certificate}]


def _create_certificate(call: Call) -> str:
    listener, certificate = call.inputs["listenerArn"], call.inputs["certificateArn"]
    call.aws("elbv2").add_listener_certificates(ListenerArn=listener, Certificates=[{"CertificateArn": certificate}])
    return f"{listener}_{certificate}"


def _read_certificate(call: Call) -> Values | None:
    listener, (certificate,) = _certificate(call)
    found = call.aws("elbv2").describe_listener_certificates(ListenerArn=listener)["Certificates"]
    if not any(one["CertificateArn"] == certificate["CertificateArn"] for one in found):
        return None
    return {"listenerArn": listener, "certificateArn": certificate["CertificateArn"]}


def _delete_certificate(call: Call) -> None:
    listener, certificates = _certificate(call)
    call.aws("elbv2").remove_listener_certificates(ListenerArn=listener, Certificates=certificates)


RESOURCES = (
    ResourceType(
        LISTENER,
        reported=f"loadBalancerArn port protocol sslPolicy certificateArn alpnPolicy defaultActions "
        f"{' '.join(_ATTRIBUTES)}",
        replaces="loadBalancerArn",
        tags=ELB_TAGS,
        references={
            "loadBalancerArn": references.LOAD_BALANCER,
            "certificateArn": references.CERTIFICATE,
            **{f"defaultActions.{path}": reference for path, reference in _ACTION_REFERENCES.items()},
        },
        check=_check,
        # A load balancer has one listener on a port.
        delete_before_replace=True,
        effect="opens its port on the load balancer",
        create=_create,
        ready=_set_attributes,
        read=_read,
        update=lambda call: call.aws("elbv2").modify_listener(ListenerArn=call.id, **_parameters(call)),
        delete=lambda call: call.aws("elbv2").delete_listener(ListenerArn=call.id),
    ),
    ResourceType(
        "aws:lb/listenerRule:ListenerRule",
        reported="listenerArn priority actions conditions",
        replaces="listenerArn",
        tags=ELB_TAGS,
        references={
            "listenerArn": references.LISTENER,
            **{f"actions.{path}": reference for path, reference in _ACTION_REFERENCES.items()},
        },
        check=lambda inputs: (
            [] if "priority" in inputs else [("priority", "is required: the embedded cloud does not choose one")]
        ),
        delete_before_replace=True,
        effect="routes requests",
        create=_create_rule,
        read=_read_rule,
        update=_update_rule,
        delete=lambda call: call.aws("elbv2").delete_rule(RuleArn=call.id),
    ),
    ResourceType(
        "aws:lb/listenerCertificate:ListenerCertificate",
        reported="listenerArn certificateArn",
        replaces=ALL,
        references={"listenerArn": references.LISTENER, "certificateArn": references.CERTIFICATE},
        effect="serves TLS",
        create=_create_certificate,
        read=_read_certificate,
        delete=_delete_certificate,
    ),
)

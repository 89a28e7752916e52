"""What AWS refuses because something of that name is there already, and moto takes."""

from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import camelcase_to_underscores
from moto.elbv2.exceptions import DuplicateListenerError, DuplicateLoadBalancerName
from moto.elbv2.models import ELBv2Backend
from moto.elbv2.responses import ELBV2Response
from moto.iam.exceptions import EntityAlreadyExists
from moto.iam.models import IAMBackend
from moto.kms.exceptions import NotAuthorizedException
from moto.kms.responses import KmsResponse
from moto.rds.exceptions import RDSClientError
from moto.rds.models import RDSBackend
from moto.secretsmanager.exceptions import InvalidRequestException
from moto.secretsmanager.models import SecretsManagerBackend
from moto.sns.exceptions import SNSInvalidParameter
from moto.sns.models import SNSBackend
from moto.wafv2.exceptions import WAFv2ClientError, WAFV2DuplicateItemException
from moto.wafv2.models import WAFV2Backend

from embedded_cloud.api.moto_patches.replace import Method, check_before, wrap_method

ZONES_OF_A_DATABASE = 2
"""Availability zones that a DB subnet group covers at least (RDS API reference, "CreateDBSubnetGroup")."""


def apply() -> None:
    wrap_method(ELBV2Response, "create_load_balancer", _create_load_balancer)
    wrap_method(ELBv2Backend, "create_listener", _create_listener)
    check_before(IAMBackend, "create_policy", _create_policy)
    check_before(IAMBackend, "create_role", _create_role)
    check_before(KmsResponse, "_set_alias", _set_alias)
    check_before(RDSBackend, "create_subnet_group", _create_subnet_group)
    check_before(SecretsManagerBackend, "create_secret", _create_secret)
    wrap_method(SNSBackend, "create_topic", _create_topic)
    check_before(WAFV2Backend, "create_ip_set", _create_ip_set)
    wrap_method(WAFV2DuplicateItemException, "__init__", _with_aws_code)


def _create_load_balancer(original: Method, self: ELBV2Response) -> ActionResult:
    wanted = self._get_params()
    for balancer in self.elbv2_backend.load_balancers.values():
        if balancer.name != wanted.get("Name"):
            continue
        same = (
            {subnet.id for subnet in balancer.subnets} == set(wanted.get("Subnets") or [])
            and set(balancer.security_groups) == set(wanted.get("SecurityGroups") or [])
            and balancer.scheme == wanted.get("Scheme", balancer.scheme)
            and balancer.type == wanted.get("Type", balancer.type)
        )
        if not same:
            raise DuplicateLoadBalancerName(
                f"A load balancer with the same name '{balancer.name}' exists, but with different settings"
            )
        return ActionResult({"LoadBalancers": [balancer]})
    return original(self)


def _create_listener(original: Method, self: ELBv2Backend, load_balancer_arn: str, port: str, **named: Any) -> Any:
    balancer = self.load_balancers.get(load_balancer_arn)
    for listener in balancer.listeners.values() if balancer is not None else ():
        if int(listener.port) != int(port):
            continue
        actions = [action.data for action in listener.default_actions]
        if listener.protocol == named["protocol"] and actions == named["actions"]:
            return listener
        raise DuplicateListenerError("A listener already exists on this port for this load balancer")
    return original(self, load_balancer_arn=load_balancer_arn, port=port, **named)


def _set_alias(response: KmsResponse) -> None:
    if str(response._get_param("AliasName")).startswith("alias/aws/"):
        raise NotAuthorizedException


def _create_policy(iam: IAMBackend, policy_name: str) -> None:
    # Unique in the account whatever the path; IAM does not tell names apart by case.
    own = (policy.name.lower() for arn, policy in iam.managed_policies.items() if f":{iam.account_id}:" in arn)
    if policy_name.lower() in own:
        raise EntityAlreadyExists(f"A policy called {policy_name} already exists. Duplicate names are not allowed.")


def _create_role(iam: IAMBackend, role_name: str) -> None:
    if any(role.name.lower() == role_name.lower() for role in iam.get_roles()):
        raise EntityAlreadyExists(f"Role with name {role_name} already exists.")


def _create_subnet_group(rds: RDSBackend, subnet_name: str, subnets: list[Any]) -> None:
    if subnet_name in rds.subnet_groups:
        raise RDSClientError("DBSubnetGroupAlreadyExists", f"The DB subnet group '{subnet_name}' already exists.")
    zones = {subnet.availability_zone for subnet in subnets}
    if len(zones) < ZONES_OF_A_DATABASE:
        raise RDSClientError(
            "DBSubnetGroupDoesNotCoverEnoughAZs",
            "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: "
            f"{', '.join(sorted(zones))}. Add subnets to cover at least {ZONES_OF_A_DATABASE} AZs.",
        )


def _create_secret(manager: SecretsManagerBackend, name: str) -> None:
    secret = manager.secrets.get(name)
    if secret is not None and secret.is_deleted():
        raise InvalidRequestException(
            "You can't create this secret because a secret with this name is already scheduled for deletion."
        )


def _create_topic(
    original: Method, self: SNSBackend, name: str, attributes: dict[str, str] | None = None, tags: Any = None
) -> Any:
    before = set(self.topics)
    topic = original(self, name, attributes, tags)
    if topic.arn not in before:
        return topic
    for key, value in (attributes or {}).items():
        if str(getattr(topic, camelcase_to_underscores(key), "")) != str(value):
            raise _different_topic("Attributes")
    if any(topic._tags.get(key) != value for key, value in (tags or {}).items()):
        raise _different_topic("Tags")
    return topic


def _different_topic(part: str) -> SNSInvalidParameter:
    return SNSInvalidParameter(f"Invalid parameter: {part} Reason: Topic already exists with different {part.lower()}")


def _create_ip_set(waf: WAFV2Backend, name: str, scope: str) -> None:
    if any((one.name, one.scope) == (name, scope) for one in waf.ip_sets.values()):
        raise WAFV2DuplicateItemException


def _with_aws_code(original: Method, self: WAFV2DuplicateItemException) -> None:
    original(self)
    WAFv2ClientError.__init__(self, "WAFDuplicateItemException", self.message)

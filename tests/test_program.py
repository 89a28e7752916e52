"""The whole program as Pulumi runs it: rules that hold over all components together, whatever the settings."""

import functools
import inspect
import re

import pulumi
import pulumi_aws
import pytest
import yaml

from infra.outputs import Outputs
from infra.settings import SettingsError
from local.runtime import ROOT
from tests.recorder import Recorder, new_engine

WORLD = {"0.0.0.0/0", "::/0"}
# The generated secrets under the mocked engine: the random parts start with their logical names.
CANARIES = ("passwordsdatabasepasswords", "passwordssecretkey", "passwordsapplicationpasswords", "registry-token")

SHAPES = {
    "defaults": {},
    "production": {
        key.partition(":")[2]: str(value).lower()
        for key, value in yaml.safe_load((ROOT / "Pulumi.prod.yaml").read_text())["config"].items()
        if key.startswith("preqly:")
    },
    "public": {"egress": "public"},
    "everything": {
        "egress": "endpoints",
        "createZone": "true",
        "aliases": '["www.preqly.com", "preqly.com"]',
        "allowedHosts": '["localhost"]',
        "architecture": "x86_64",
        "databaseMultiAz": "true",
        "alarmEmail": "ops@preqly.com",
        "monthlyBudgetUsd": "200",
        "waf": "true",
    },
    "throwaway": {"protect": "false", "logDays": "7", "databaseBackupDays": "1"},
    "machine": {"hosting": "vm"},
    "machine with everything": {
        "hosting": "vm",
        "architecture": "x86_64",
        "vmInstanceType": "t3a.small",
        "vmCertificate": "team/certificate",
        "createZone": "true",
        "aliases": '["www.preqly.com", "preqly.com"]',
        "emailUrl": "ses://",
        "alarmEmail": "ops@preqly.com",
        "monthlyBudgetUsd": "200",
        "protect": "false",
    },
}
ON_FARGATE = [name for name, settings in SHAPES.items() if settings.get("hosting") != "vm"]


@functools.cache
def declared_with(shape: str) -> Recorder:
    engine = new_engine()
    engine.run_program(**SHAPES[shape])
    return engine


@pytest.fixture(scope="module", params=SHAPES)
def program(request) -> Recorder:
    """What the program declares, once for each shape."""
    return declared_with(request.param)


@pytest.fixture(scope="module", params=ON_FARGATE)
def on_fargate(request) -> Recorder:
    """The same for the shapes that run on Fargate."""
    return declared_with(request.param)


def components(engine):
    return [resource for resource in engine.resources if not resource.custom]


def children(engine):
    return [resource for resource in engine.resources if resource.custom]


def parent_of(engine, resource):
    """Type token and logical name of a resource's parent."""
    _, _, types, name = engine.requests[resource.typ, resource.name].parent.split("::", 3)
    return types.rpartition("$")[2], name


def strings_outside_secrets(value, engine):
    """Every string inside a recorded value that Pulumi would show."""
    if engine.is_secret(value):
        return
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from strings_outside_secrets(item, engine)
    elif isinstance(value, list):
        for item in value:
            yield from strings_outside_secrets(item, engine)


def test_every_resource_belongs_to_a_component_of_ours(program):
    for resource in children(program):
        parent, _ = parent_of(program, resource)
        assert parent.startswith("preqly:infra:"), f"{resource.typ} {resource.name} has the parent {parent}"


def test_component_types_are_named_after_their_classes(program):
    for component in components(program):
        assert re.fullmatch(r"preqly:infra:[A-Z][A-Za-z]+", component.typ)


def test_every_logical_name_starts_with_its_components_name(program):
    for resource in children(program):
        _, name = parent_of(program, resource)
        assert resource.name.startswith(f"{name}-"), f"{resource.typ} {resource.name} is a child of {name}"


def test_logical_names_carry_neither_project_nor_stack(program):
    """Both are in every URN already."""
    for resource in program.resources:
        assert not {"preqly", "test"} & set(re.split(r"[-.]", resource.name.replace("preqly.com", "")))


def test_every_component_registers_what_it_has_made(program):
    registered = {urn.rpartition("::")[2]: outputs for urn, outputs in program.outputs.items()}
    for component in components(program):
        assert registered.get(component.name), f"{component.typ} {component.name} registers no outputs"


def test_every_resource_that_takes_tags_says_whose_it_is(program):
    for resource in children(program):
        if resource.typ.startswith("aws:") and takes_tags(resource.typ):
            tags = resource.inputs.get("tags") or {}
            if isinstance(tags, list):
                tags = {tag["key"]: tag["value"] for tag in tags}
            assert {"Project": "preqly", "Stack": "test", "ManagedBy": "pulumi"}.items() <= tags.items(), resource.name


def takes_tags(token):
    _, module, kind = token.split(":")
    resource = getattr(getattr(pulumi_aws, module.partition("/")[0]), kind)
    return "tags" in inspect.signature(resource._internal_init).parameters


def test_no_secret_is_ever_sent_in_the_clear(program):
    for resource in program.resources:
        for text in strings_outside_secrets(resource.inputs, program):
            assert not any(canary in text for canary in CANARIES), f"{resource.typ} {resource.name} shows a secret"


def test_the_secrets_are_there_under_their_marks(program):
    """Else the test above could not fail."""
    version = program.one("secretsmanager/secretVersion:SecretVersion")
    assert CANARIES[0] in version["secretString"]
    assert CANARIES[1] in version["secretString"]
    assert program.one("rds/instance:Instance")["password"].startswith(CANARIES[0])


def test_no_output_of_component_or_stack_shows_a_secret(program):
    for name, outputs in {**program.outputs, "stack": program.exports}.items():
        for text in strings_outside_secrets(outputs, program):
            assert not any(canary in text for canary in CANARIES), f"{name} shows a secret"


OF_ONE_KIND = {
    "fargate": {"load_balancer_dns", "cluster_name", "service_name"},
    "vm": {"public_ip", "instance_group"},
}


def test_the_stacks_outputs_are_exactly_the_contract(program):
    assert set(program.exports) == {
        "url",
        "hosting",
        "release",
        "web_image",
        "proxy_image",
        "database_endpoint",
        "database_name",
        "media_bucket",
        "secret_arn",
        "log_group",
        "dashboard_url",
        "monthly_estimate_usd",
        "logs_command",
        "shell_command",
        "database_command",
        "rollback_command",
        "readme",
        *OF_ONE_KIND[program.exports["hosting"]],
    }
    assert all(value not in (None, "") for value in program.exports.values())


def test_the_world_reaches_80_and_443_and_nothing_else(program):
    open_ports = {
        (rule.inputs["securityGroupId"], int(rule.inputs["fromPort"]), int(rule.inputs["toPort"]))
        for rule in program.all("vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        if {rule.inputs.get("cidrIpv4"), rule.inputs.get("cidrIpv6")} & WORLD
    }
    assert open_ports == {("firewall-load-balancer-id", port, port) for port in (80, 443)}


def test_no_rule_names_addresses_but_those_of_the_world_on_443(program):
    """Everything inside is allowed by group, so that no address has to be trusted."""
    for token in ("Ingress", "Egress"):
        for rule in program.all(f"vpc/securityGroup{token}Rule:SecurityGroup{token}Rule"):
            addresses = {rule.inputs.get("cidrIpv4"), rule.inputs.get("cidrIpv6")} - {None}
            assert addresses <= WORLD


def test_the_firewall_is_the_only_place_with_security_groups(program):
    for resource in children(program):
        if "ecurityGroup" in resource.typ and "Default" not in resource.typ:
            assert parent_of(program, resource) == ("preqly:infra:Firewall", "firewall")


def test_every_port_on_the_way_to_a_task_is_the_same(on_fargate):
    port = on_fargate.one("lb/targetGroup:TargetGroup")["port"]
    (balancer,) = on_fargate.one("ecs/service:Service")["loadBalancers"]
    (rule,) = [
        rule.inputs
        for rule in on_fargate.all("vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        if rule.inputs["securityGroupId"] == "firewall-task-id"
    ]
    assert port == balancer["containerPort"] == rule["fromPort"] == rule["toPort"]


def test_the_databases_port_is_the_one_the_firewall_opens(program):
    (rule,) = [
        rule.inputs
        for rule in program.all("vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        if rule.inputs["securityGroupId"] == "firewall-database-id"
    ]
    assert rule["fromPort"] == program.one("rds/instance:Instance")["port"]


def test_the_service_waits_for_the_listener_the_routes_and_its_rights(on_fargate):
    """Without them ECS refuses the target group, or the first tasks cannot pull their images."""
    waits_for = on_fargate.options("ecs/service:Service", "web-service").dependencies
    for needed in ("::front-https", "::task-execution-policy", "::firewall-task-out", "::network-s3"):
        assert any(urn.endswith(needed) for urn in waits_for), needed


def test_images_and_tasks_are_of_one_architecture(on_fargate):
    platforms = {image.inputs["build"]["platform"] for image in on_fargate.all("docker:index/image:Image")}
    architectures = {
        task.inputs["runtimePlatform"]["cpuArchitecture"]
        for task in on_fargate.all("ecs/taskDefinition:TaskDefinition")
    }
    assert (platforms, architectures) in (({"linux/arm64"}, {"ARM64"}), ({"linux/amd64"}, {"X86_64"}))


def test_physical_names_are_automatic_unless_someone_outside_must_know_them(program):
    fixed = {
        resource.typ
        for resource in children(program)
        for key in ("name", "bucket", "identifier", "dashboardName", "family", "clusterName")
        if resource.typ.startswith("aws:") and isinstance(resource.inputs.get(key), str) and owns(resource, key)
    }
    assert fixed <= {
        "aws:cloudwatch/dashboard:Dashboard",  # people look for it by name
        "aws:cloudwatch/logGroup:LogGroup",  # RDS writes to groups of the instance's name
        "aws:rds/instance:Instance",  # so that name is made first, with a random part
        "aws:ecs/taskDefinition:TaskDefinition",  # revisions count inside a family
        "aws:autoscaling/group:Group",  # the machine's role names it
        "aws:ssm/document:Document",  # the command line looks for it by name
        "aws:route53/record:Record",
        "aws:route53/zone:Zone",
        "aws:ssm/parameter:Parameter",  # the command line looks for the release record by name
    }


def owns(resource, key):
    """Whether a property names the resource itself: `bucket` of a bucket's policy names another one."""
    owner = {"bucket": "aws:s3/bucket:Bucket", "family": "aws:ecs/taskDefinition:TaskDefinition"}
    return owner.get(key, resource.typ) == resource.typ


def test_secrets_reach_containers_by_reference_to_one_version(on_fargate):
    version = "11111111-2222-3333-4444-555555555555"
    for task in on_fargate.all("ecs/taskDefinition:TaskDefinition"):
        assert f":DATABASE_URL::{version}" in task.inputs["containerDefinitions"]


# What the settings change


def shaped(**config):
    engine = new_engine()
    engine.run_program(**config)
    return engine


def test_the_program_is_short_enough_to_be_read_as_a_table_of_contents():
    assert len((ROOT / "__main__.py").read_text().splitlines()) < 60


def test_outputs_and_exports_are_one_list(declared):
    exported = {*declared.exports, *declared_with("machine").exports}
    assert exported == set(Outputs.__dataclass_fields__)


def test_outputs_say_what_runs(declared):
    assert declared.exports["url"] == "https://app.preqly.com"
    assert declared.exports["hosting"] == "fargate"
    assert declared.exports["web_image"].endswith(declared.exports["release"]["digest"])
    assert declared.exports["release"]["digest"].startswith("sha256:")
    assert declared.exports["monthly_estimate_usd"] == 92.02
    assert declared.exports["database_endpoint"].endswith(":5433")


def test_wrong_settings_stop_the_program_before_any_resource(engine):
    with pytest.raises(SettingsError):
        engine.run_program(egress="vpn")
    assert engine.resources == []
    assert engine.calls == []


@pytest.mark.parametrize("preview", [True, False])
def test_only_a_preview_says_what_the_month_costs(preview, monkeypatch):
    told = []
    monkeypatch.setattr(pulumi.log, "info", lambda message, **_: told.append(message))
    new_engine(preview=preview).run_program()
    assert [message for message in told if "a quiet month costs" in message] == told[: int(preview)]


def test_every_alias_gets_records_and_a_place_on_the_certificate():
    engine = shaped(aliases='["www.preqly.com"]')
    addresses = {
        (record.inputs["name"], record.inputs["type"])
        for record in engine.all("route53/record:Record")
        if record.inputs["type"] != "CNAME"
    }
    assert addresses == {(host, kind) for host in ("app.preqly.com", "www.preqly.com") for kind in ("A", "AAAA")}
    assert engine.one("acm/certificate:Certificate")["subjectAlternativeNames"] == ["www.preqly.com"]


def test_further_hosts_are_answered_without_a_record():
    engine = shaped(allowedHosts='["localhost"]')
    (task,) = [task for task in engine.all("ecs/taskDefinition:TaskDefinition") if task.name == "web-web-task"]
    assert "app.preqly.com,localhost" in task.inputs["containerDefinitions"]
    assert not any("localhost" in record.inputs["name"] for record in engine.all("route53/record:Record"))


@pytest.mark.parametrize(("egress", "public"), [("gateway", False), ("public", True), ("endpoints", False)])
def test_tasks_get_public_addresses_only_with_egress_public(egress, public):
    network = shaped(egress=egress).one("ecs/service:Service")["networkConfiguration"]
    assert network["assignPublicIp"] is public
    assert all(("public" in subnet) is public for subnet in network["subnets"])


def test_the_web_acl_and_the_budget_are_only_there_when_asked_for(declared):
    assert not declared.all("wafv2/webAcl:WebAcl")
    assert not declared.all("budgets/budget:Budget")
    engine = shaped(waf="true", alarmEmail="ops@preqly.com", monthlyBudgetUsd="200")
    assert engine.all("wafv2/webAcl:WebAcl")
    assert engine.all("budgets/budget:Budget")


STATEFUL = {
    "key-data": "kms/key:Key",
    "network-vpc": "ec2/vpc:Vpc",
    "database-instance": "rds/instance:Instance",
    "media-files": "s3/bucket:Bucket",
    "secrets-application": "secretsmanager/secret:Secret",
    "registry-web": "ecr/repository:Repository",
    "registry-proxy": "ecr/repository:Repository",
    "front-balancer": "lb/loadBalancer:LoadBalancer",
}


@pytest.mark.parametrize("name", STATEFUL)
def test_what_holds_data_or_the_address_is_protected(declared, name):
    assert declared.options(STATEFUL[name], name).protect


@pytest.fixture(scope="module")
def throwaway():
    return shaped(protect="false")


def test_an_unprotected_stack_can_be_destroyed_in_one_step(throwaway):
    protected = [name for (token, name), asked in throwaway.requests.items() if asked.protect]
    assert protected == []


def test_an_unprotected_stack_leaves_nothing_that_refuses_to_go(throwaway):
    assert throwaway.one("lb/loadBalancer:LoadBalancer")["enableDeletionProtection"] is False
    assert throwaway.one("rds/instance:Instance")["deletionProtection"] is False
    assert all(bucket.inputs["forceDestroy"] for bucket in throwaway.all("s3/bucket:Bucket"))
    assert all(repository.inputs["forceDelete"] for repository in throwaway.all("ecr/repository:Repository"))


def test_the_last_snapshot_and_its_key_stay_unless_the_settings_say_otherwise(throwaway):
    """A snapshot without the key that encrypts it is none."""
    assert throwaway.one("rds/instance:Instance")["skipFinalSnapshot"] is False
    assert throwaway.options("kms/key:Key", "key-data").retainOnDelete
    gone = shaped(protect="false", databaseFinalSnapshot="false")
    assert gone.one("rds/instance:Instance")["skipFinalSnapshot"] is True
    assert not gone.options("kms/key:Key", "key-data").retainOnDelete


def test_raising_the_generation_changes_the_passwords_and_nothing_else(declared):
    def generated(engine):
        return {made.name: made.inputs for made in engine.resources if made.typ.startswith("random:")}

    before, after = generated(declared), generated(shaped(secretsGeneration="2"))
    assert {name for name in before if before[name] != after.get(name)} == {
        "passwords-database",
        "passwords-application",
    }
    assert after.keys() - before.keys() == {"passwords-secret-key-3"}


def test_mail_through_ses_is_there_only_when_asked_for(declared):
    assert not [resource for resource in declared.resources if "sesv2" in resource.typ]
    engine = shaped(emailUrl="ses://", emailFrom="site@mail.preqly.com")
    assert engine.one("sesv2/emailIdentity:EmailIdentity")["emailIdentity"] == "mail.preqly.com"
    assert engine.all("sesv2/configurationSetEventDestination:ConfigurationSetEventDestination")
    may = engine.one("iam/rolePolicy:RolePolicy", "task-application-policy")["policy"]
    assert "identity/mail.preqly.com" in may
    for task in engine.all("ecs/taskDefinition:TaskDefinition"):
        assert '"site@mail.preqly.com"' in task.inputs["containerDefinitions"]


@pytest.mark.parametrize(
    ("config", "ours"),
    [
        ({}, True),
        ({"emailFrom": "no-reply@preqly.com"}, False),
        ({"emailFrom": "no-reply@preqly.com", "createZone": "true"}, True),
    ],
)
def test_the_policy_for_forged_mail_of_a_zone_of_others_is_left_to_them(config, ours):
    engine = shaped(emailUrl="ses://", **config)
    policies = [record for record in engine.all("route53/record:Record") if record.inputs["name"].startswith("_dmarc.")]
    assert len(policies) == int(ours)

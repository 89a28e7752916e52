"""What single settings change in the whole program; wrong ones stop it."""

import json

import pytest

from infra.application.findings import ApplicationError
from infra.problem import SettingsError
from tests.infra.application.projects import startproject
from tests.program.shapes import SHAPES
from tests.recorder import declared_with

KINDS = ("web", "migration")


def test_wrong_settings_stop_the_program_before_any_resource(engine):
    with pytest.raises(SettingsError):
        engine.run_program(egress="vpn")
    assert engine.resources == []
    assert engine.calls == []


def test_an_application_that_cannot_be_hosted_stops_the_program_before_any_resource(engine, tmp_path):
    with pytest.raises(ApplicationError, match=r"2 problems\. Nothing was built"):
        engine.run_program(application=str(tmp_path))
    assert engine.resources == []


def test_what_the_application_declares_reaches_its_tasks_and_its_load_balancer(engine, tmp_path):
    startproject(tmp_path)
    manifest = """
    server = "asgi"
    [run]
    stop_seconds = 60
    start_grace_seconds = 90
    [[proxy.paths]]
    path = "/export/*"
    seconds = 600
    [release]
    migration_cpu = 1024
    migration_memory = 4096
    """
    (tmp_path / "hosting.toml").write_text(manifest)
    engine.run_program(application=str(tmp_path))
    web, migration = (engine.one("ecs/taskDefinition:TaskDefinition", f"web-{kind}-task") for kind in KINDS)
    containers = json.loads(web["containerDefinitions"])
    assert {(one["stopTimeout"], one["healthCheck"]["startPeriod"]) for one in containers} == {(60, 90)}
    assert not any("dependsOn" in one for one in containers), "WebSockets are closed before the proxy ends"
    assert (migration["cpu"], migration["memory"]) == ("1024", "4096")
    assert engine.one("ecs/service:Service")["healthCheckGracePeriodSeconds"] == 120
    assert engine.one("lb/loadBalancer:LoadBalancer")["idleTimeout"] == 630
    assert engine.one("lb/targetGroup:TargetGroup")["deregistrationDelay"] == 605


def test_every_alias_gets_records_and_a_place_on_the_certificate():
    engine = declared_with(**SHAPES["public"])
    addresses = {
        (record.inputs["name"], record.inputs["type"])
        for record in engine.all("route53/record:Record")
        if record.inputs["type"] in ("A", "AAAA")
    }
    hosts = "app.preqly.com", "www.preqly.com", "preqly.com"
    assert addresses == {(host, kind) for host in hosts for kind in ("A", "AAAA")}
    assert engine.one("acm/certificate:Certificate")["subjectAlternativeNames"] == ["www.preqly.com", "preqly.com"]


def test_allowed_hosts_reach_the_application_without_a_dns_record():
    engine = declared_with(**SHAPES["endpoints"])
    (task,) = [task for task in engine.all("ecs/taskDefinition:TaskDefinition") if task.name == "web-web-task"]
    assert "app.preqly.com,localhost" in task.inputs["containerDefinitions"]
    assert not any("localhost" in record.inputs["name"] for record in engine.all("route53/record:Record"))


def test_the_settings_of_requests_reach_every_part_that_waits():
    engine = declared_with(
        requestTimeoutSeconds="60", webThreads="1", trustedProxies='["192.0.2.0/24"]', scaleAtRequestsPerVcpu="3600"
    )
    (task,) = [task for task in engine.all("ecs/taskDefinition:TaskDefinition") if task.name == "web-web-task"]
    variables = {
        container["name"]: {one["name"]: one["value"] for one in container["environment"]}
        for container in json.loads(task.inputs["containerDefinitions"])
    }
    assert (variables["web"]["REQUEST_TIMEOUT"], variables["proxy"]["REQUEST_TIMEOUT"]) == ("60", "60")
    assert (variables["web"]["WEB_THREADS"], variables["proxy"]["CDN_NETWORKS"]) == ("1", "192.0.2.0/24")
    assert engine.one("lb/loadBalancer:LoadBalancer")["idleTimeout"] == 90
    assert engine.one("lb/targetGroup:TargetGroup")["deregistrationDelay"] == 65
    policy = engine.one("appautoscaling/policy:Policy", "scaling-by-requests")
    assert policy["targetTrackingScalingPolicyConfiguration"]["targetValue"] == 900


@pytest.mark.parametrize(
    ("cpu", "memory", "requests"), [("256", "512", 3000), ("512", "1024", 6000), ("1024", "2048", 12000)]
)
def test_the_requests_at_which_a_task_asks_for_help_follow_its_cpu(cpu, memory, requests):
    engine = declared_with(taskCpu=cpu, taskMemory=memory)
    policy = engine.one("appautoscaling/policy:Policy", "scaling-by-requests")
    assert policy["targetTrackingScalingPolicyConfiguration"]["targetValue"] == requests


def test_without_requests_cpu_alone_scales():
    (policy,) = declared_with(scaleAtRequestsPerVcpu="0").all("appautoscaling/policy:Policy")
    assert policy.name == "scaling-by-cpu"


def test_the_web_acl_and_the_budget_are_only_there_when_asked_for(declared):
    assert not declared.all("wafv2/webAcl:WebAcl")
    assert not declared.all("budgets/budget:Budget")
    engine = declared_with(**SHAPES["endpoints"])
    assert engine.all("wafv2/webAcl:WebAcl")
    assert engine.all("budgets/budget:Budget")


def test_mail_through_ses_is_there_only_when_asked_for(declared):
    assert not [resource for resource in declared.resources if "sesv2" in resource.typ]
    engine = declared_with(**SHAPES["public"])
    assert engine.one("sesv2/emailIdentity:EmailIdentity")["emailIdentity"] == "preqly.com"
    assert engine.all("sesv2/configurationSetEventDestination:ConfigurationSetEventDestination")
    may = engine.one("iam/rolePolicy:RolePolicy", "task-application-policy")["policy"]
    assert "identity/preqly.com" in may
    for task in engine.all("ecs/taskDefinition:TaskDefinition"):
        assert '"no-reply@preqly.com"' in task.inputs["containerDefinitions"]


@pytest.mark.parametrize(
    ("config", "records"),
    [
        (SHAPES["production"], 1),
        ({"emailUrl": "ses://", "emailFrom": "no-reply@preqly.com"}, 0),
        (SHAPES["public"], 1),
    ],
    ids=["a name of its own in the zone", "the name of an existing zone", "the name of a zone of the stack"],
)
def test_the_dmarc_record_is_left_to_the_owner_of_an_existing_zone(config, records):
    declared = declared_with(**config).all("route53/record:Record")
    assert len([record for record in declared if record.inputs["name"].startswith("_dmarc.")]) == records

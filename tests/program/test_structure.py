"""Rules for components, resources and their names that hold for all settings."""

import ast
import inspect
import re
import subprocess
import sys
from collections import defaultdict
from graphlib import TopologicalSorter

import pulumi_aws

from local.runtime import ROOT
from ops.resources.kinds import KINDS
from tests.program.shapes import children, components, parent_of


def test_the_program_is_short_enough_to_be_read_as_a_table_of_contents():
    assert len((ROOT / "__main__.py").read_text().splitlines()) <= 64


def test_every_resource_belongs_to_a_component_of_this_project(program):
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


def test_every_component_registers_outputs(program):
    registered = {urn.rpartition("::")[2]: outputs for urn, outputs in program.outputs.items()}
    for component in components(program):
        assert registered.get(component.name), f"{component.typ} {component.name} registers no outputs"


def test_every_taggable_resource_has_the_stacks_tags(program):
    for resource in children(program):
        if resource.typ.startswith("aws:") and takes_tags(resource.typ):
            tags = resource.inputs.get("tags") or {}
            assert {"Project": "preqly", "Stack": "test", "ManagedBy": "pulumi"}.items() <= tags.items(), resource.name


def test_an_interrupted_run_leaves_no_resource_that_ops_does_not_find(program):
    found = {kind.type for kind in KINDS.values()}
    tagged = {one.typ for one in children(program) if one.typ.startswith("aws:") and takes_tags(one.typ)}
    assert tagged - found <= {
        "aws:appautoscaling/target:Target",  # ends with its service
        "aws:budgets/budget:Budget",  # the tagging API does not list it
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",  # AWS's own
        "aws:ecs/taskDefinition:TaskDefinition",  # stays for a rollback
        "aws:rds/eventSubscription:EventSubscription",  # costs nothing
        "aws:sesv2/configurationSet:ConfigurationSet",
        "aws:sesv2/emailIdentity:EmailIdentity",
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",  # ends with its group
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    }


def takes_tags(token):
    _, module, kind = token.split(":")
    resource = getattr(getattr(pulumi_aws, module.partition("/")[0]), kind)
    return "tags" in inspect.signature(resource._internal_init).parameters


def test_physical_names_are_automatic_unless_outsiders_need_them(program):
    fixed = {
        resource.typ
        for resource in children(program)
        for key in ("name", "bucket", "identifier", "dashboardName", "family", "clusterName")
        if resource.typ.startswith("aws:") and isinstance(resource.inputs.get(key), str) and owns(resource, key)
    }
    assert fixed <= {
        "aws:cloudwatch/dashboard:Dashboard",  # operators look for it by name
        "aws:cloudwatch/logGroup:LogGroup",  # RDS writes to groups of the instance's name
        "aws:rds/instance:Instance",  # so that name is made first, with a random part
        "aws:ecs/taskDefinition:TaskDefinition",  # revisions count inside a family
        "aws:route53/record:Record",
        "aws:scheduler/schedule:Schedule",  # named as in hosting.toml
        "aws:scheduler/scheduleGroup:ScheduleGroup",  # `python -m ops rollback` finds the schedules by it
        "aws:route53/zone:Zone",
        "aws:ssm/parameter:Parameter",  # `python -m ops` finds the release record by name
    }


def owns(resource, key):
    """Whether a property names the resource itself: `bucket` of a bucket's policy names another one."""
    owner = {"bucket": "aws:s3/bucket:Bucket", "family": "aws:ecs/taskDefinition:TaskDefinition"}
    return owner.get(key, resource.typ) == resource.typ


def test_the_names_lead_to_the_site_only_after_its_first_release_serves(program):
    """The service's creation ends when its rollout has ended, so a record that depends on it comes later."""
    records = program.all("route53/record:Record")
    site = [record.name for record in records if record.name.startswith("names-")]
    assert site
    for name in site:
        urns = program.options("route53/record:Record", name).dependencies
        assert any(urn.endswith("::web-service") for urn in urns), name


def imports():
    """What each module of infra and ops imports from both, by module name."""
    found = {}
    for path in [*(ROOT / "infra").rglob("*.py"), *(ROOT / "ops").rglob("*.py")]:
        statements = [one for one in ast.walk(ast.parse(path.read_text())) if isinstance(one, ast.ImportFrom)]
        # `from infra.ecs import scaling` imports a module.
        names = {f"{one.module}.{alias.name}" for one in statements for alias in one.names}
        found[".".join(path.relative_to(ROOT).with_suffix("").parts)] = {
            name for name in names if name.startswith(("infra.", "ops."))
        }
    return found


def room(module):
    return ".".join(module.split(".")[:2])


def test_no_rooms_import_each_other_in_a_circle():
    rooms: dict[str, set[str]] = defaultdict(set)
    for module, imported in imports().items():
        rooms[room(module)] |= {room(one) for one in imported} - {room(module)}
    TopologicalSorter(rooms).prepare()


def test_components_and_ops_know_neither_settings_nor_composition():
    readers = {"infra.composition", "infra.settings"}
    for module, imported in imports().items():
        if room(module) not in readers:
            assert not {room(one) for one in imported} & readers, module


def test_ops_starts_without_pulumis_sdk():
    """Its import takes longer than most commands."""
    check = "import sys, ops.cli; sys.exit('pulumi' in sys.modules)"
    subprocess.run([sys.executable, "-c", check], cwd=ROOT, check=True)


def test_the_program_shares_with_the_application_only_the_readers_of_urls_names_and_times():
    """It runs without the application's dependencies."""
    shared = {
        f"{one.module}.{alias.name}"
        for path in [ROOT / "__main__.py", *(ROOT / "infra").rglob("*.py"), *(ROOT / "ops").rglob("*.py")]
        for one in ast.walk(ast.parse(path.read_text()))
        if isinstance(one, ast.ImportFrom) and f"{one.module}.".startswith(("app.", "django_hosting."))
        for alias in one.names
    }
    assert shared <= {"django_hosting.service_urls", "django_hosting.host_names", "django_hosting.schedules.cron"}

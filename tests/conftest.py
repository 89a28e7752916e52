"""Recorded inputs: a stand-in for Pulumi's engine that keeps every resource a program declares, by its type token."""

import contextlib
import json
import runpy
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pulumi
import pytest
from pulumi.runtime import mocks, rpc
from pulumi.runtime.config import set_all_config
from pulumi.runtime.settings import SETTINGS, get_root_resource
from pulumi.runtime.stack import Stack

from infra.release import hooks

ROOT = Path(__file__).parents[1]
ACCOUNT = "123456789012"
REGION = "us-east-1"

Outputs = Callable[[mocks.MockResourceArgs], dict[str, Any]]


def is_secret(value: Any) -> bool:
    """Whether a recorded property was sent as a Pulumi secret."""
    return isinstance(value, dict) and value.get(rpc._special_sig_key) == rpc._special_secret_sig


def plain(value: Any) -> Any:
    """A recorded property without its secret marks, at any depth."""
    if is_secret(value):
        return plain(value["value"])
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def _arn(service: str, kind: str = "") -> Outputs:
    region = "" if service in ("iam", "s3", "route53") else REGION
    account = "" if service in ("s3", "route53") else ACCOUNT
    return lambda args: {"arn": f"arn:aws:{service}:{region}:{account}:{kind}{args.name}"}


def _load_balancer(args: mocks.MockResourceArgs) -> dict[str, Any]:
    suffix = f"app/{args.name}/50dc6c495c0c9188"
    return {
        "arn": f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/{suffix}",
        "arnSuffix": suffix,
        "dnsName": f"{args.name}-1234.{REGION}.elb.amazonaws.com",
        "zoneId": "Z35SXDOTRQ7X7K",
    }


def _target_group(args: mocks.MockResourceArgs) -> dict[str, Any]:
    suffix = f"targetgroup/{args.name}/73e2d6bc24d8a067"
    return {"arn": f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:{suffix}", "arnSuffix": suffix}


def _certificate(args: mocks.MockResourceArgs) -> dict[str, Any]:
    names = [args.inputs["domainName"], *args.inputs.get("subjectAlternativeNames", [])]
    options = [
        {
            "domainName": name,
            "resourceRecordName": f"_0123456789abcdef.{name}.",
            "resourceRecordType": "CNAME",
            "resourceRecordValue": f"_{name}.acm-validations.aws.",
        }
        for name in names
    ]
    return {"arn": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/{args.name}", "domainValidationOptions": options}


def _database(args: mocks.MockResourceArgs) -> dict[str, Any]:
    address = f"{args.name}.c1a2b3.{REGION}.rds.amazonaws.com"
    return {
        "arn": f"arn:aws:rds:{REGION}:{ACCOUNT}:db:{args.name}",
        "address": address,
        "endpoint": f"{address}:{int(args.inputs.get('port', 5432))}",
        "identifier": f"{args.name}-1a2b3c4",
        "resourceId": "db-ABCDEFGHIJKL",
    }


def _bucket(args: mocks.MockResourceArgs) -> dict[str, Any]:
    name = f"{args.name}-1a2b3c4"
    return {"arn": f"arn:aws:s3:::{name}", "bucket": name, "bucketRegionalDomainName": f"{name}.s3.amazonaws.com"}


OUTPUTS: dict[str, Outputs] = {
    "aws:acm/certificate:Certificate": _certificate,
    "aws:acm/certificateValidation:CertificateValidation": lambda args: {
        "certificateArn": args.inputs["certificateArn"]
    },
    "aws:cloudwatch/dashboard:Dashboard": _arn("cloudwatch", "dashboard/"),
    "aws:cloudwatch/logGroup:LogGroup": _arn("logs", "log-group:"),
    "aws:ec2/eip:Eip": lambda args: {"allocationId": f"eipalloc-{args.name}", "publicIp": "203.0.113.10"},
    "aws:ec2/launchTemplate:LaunchTemplate": lambda args: {"latestVersion": 1},
    "aws:ec2/vpc:Vpc": lambda args: {"ipv6CidrBlock": "2600:1f18:1234:5600::/56"},
    "aws:ec2/vpcEndpoint:VpcEndpoint": lambda args: {"prefixListId": "pl-63a5400a"},
    "aws:ecr/repository:Repository": lambda args: {
        "arn": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{args.name}",
        "repositoryUrl": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{args.name}",
        "registryId": ACCOUNT,
    },
    "aws:ecs/cluster:Cluster": _arn("ecs", "cluster/"),
    "aws:ecs/service:Service": _arn("ecs", "service/"),
    "aws:ecs/taskDefinition:TaskDefinition": lambda args: {
        "arn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{args.inputs.get('family', args.name)}:1",
        "arnWithoutRevision": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{args.inputs.get('family', args.name)}",
        "revision": 1,
    },
    "aws:iam/instanceProfile:InstanceProfile": _arn("iam", "instance-profile/"),
    "aws:iam/role:Role": _arn("iam", "role/"),
    "aws:kms/key:Key": lambda args: {"arn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{args.name}", "keyId": args.name},
    "aws:lb/listener:Listener": _arn("elasticloadbalancing", "listener/"),
    "aws:lb/loadBalancer:LoadBalancer": _load_balancer,
    "aws:lb/targetGroup:TargetGroup": _target_group,
    "aws:rds/instance:Instance": _database,
    "aws:route53/record:Record": lambda args: {"fqdn": args.inputs["name"].rstrip(".")},
    "aws:route53/zone:Zone": lambda args: {
        "zoneId": "Z0CREATED",
        "nameServers": ["ns-1.awsdns-1.org", "ns-2.awsdns-2.com"],
    },
    "aws:s3/bucket:Bucket": _bucket,
    "aws:secretsmanager/secret:Secret": _arn("secretsmanager", "secret:"),
    "aws:secretsmanager/secretVersion:SecretVersion": lambda args: {
        "versionId": "11111111-2222-3333-4444-555555555555"
    },
    "aws:sesv2/configurationSet:ConfigurationSet": lambda args: {
        "arn": f"arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/{args.inputs['configurationSetName']}"
    },
    "aws:sesv2/emailIdentity:EmailIdentity": lambda args: {
        "arn": f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/{args.inputs['emailIdentity']}",
        "dkimSigningAttributes": {"tokens": ["token0", "token1", "token2"]},
    },
    "aws:sns/topic:Topic": _arn("sns"),
    "aws:wafv2/webAcl:WebAcl": _arn("wafv2", "regional/webacl/"),
    "docker:index/image:Image": lambda args: {
        "repoDigest": f"{args.inputs['imageName'].rpartition(':')[0]}@sha256:{'a' * 64}",
        "baseImageName": args.inputs["imageName"],
    },
    "random:index/randomId:RandomId": lambda args: {"hex": "0a1b2c3d"[: 2 * int(args.inputs["byteLength"])]},
    "random:index/randomPassword:RandomPassword": lambda args: {
        "result": {
            rpc._special_sig_key: rpc._special_secret_sig,
            "value": (args.name.replace("-", "") * 64)[: int(args.inputs["length"])],
        },
    },
}
"""What AWS would answer beside the inputs, for the types whose computed properties other resources use."""

FUNCTIONS: dict[str, dict[str, Any]] = {
    "aws:ecr/getAuthorizationToken:getAuthorizationToken": {
        "userName": "AWS",
        "password": "registry-token",
        "proxyEndpoint": f"https://{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com",
        "authorizationToken": "QVdTOnJlZ2lzdHJ5LXRva2Vu",
    },
    "aws:secretsmanager/getSecret:getSecret": {
        "arn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:team/certificate-a1b2c3",
        "kmsKeyId": "",
    },
    "aws:ssm/getParametersByPath:getParametersByPath": {"arns": [], "names": [], "types": [], "values": []},
    "aws:index/getAvailabilityZones:getAvailabilityZones": {
        "id": REGION,
        "names": [f"{REGION}{letter}" for letter in "abcdef"],
        "zoneIds": [f"use1-az{number}" for number in range(1, 7)],
    },
    "aws:index/getCallerIdentity:getCallerIdentity": {
        "accountId": ACCOUNT,
        "arn": f"arn:aws:iam::{ACCOUNT}:user/operator",
        "userId": "AIDAOPERATOR",
    },
    "aws:index/getPartition:getPartition": {"partition": "aws", "dnsSuffix": "amazonaws.com"},
    "aws:index/getRegion:getRegion": {"region": REGION, "name": REGION, "id": REGION},
    "aws:route53/getZone:getZone": {
        "zoneId": "Z0EXISTING",
        "name": "preqly.com",
        "nameServers": ["ns-1.awsdns-1.org", "ns-2.awsdns-2.com"],
    },
}
"""The answers of provider functions; a test changes its own copy in `engine.functions`."""


class _Monitor(mocks.MockMonitor):
    """Keeps what mocks forget: the options of each resource, and the outputs of each component."""

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        if request.type != "pulumi:pulumi:Stack":
            self.mocks.requests[request.type, request.name] = request  # type: ignore[attr-defined]
        return super().RegisterResource(request)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        outputs = rpc.deserialize_properties(request.outputs)
        self.mocks.outputs[request.urn] = outputs  # type: ignore[attr-defined]
        return super().RegisterResourceOutputs(request)


class _Hooks:
    """Takes the registration of resource hooks, which the mocked engine knows nothing of."""

    def __init__(self, recorder: "Recorder") -> None:
        self._recorder = recorder

    def register_resource_hook(self, hook: pulumi.ResourceHook) -> None:
        self._recorder.hooks[hook.name] = hook


class Recorder(mocks.Mocks):
    """Records what a program declares and calls, and answers like AWS would.

    `by_type` holds the declared resources per type token, `calls` the provider functions that were called, `requests`
    the whole registration by (type token, logical name) with options such as `protect`, `ignoreChanges` and
    `dependencies`, `outputs` what components and the stack registered by URN, `hooks` the resource hooks by name.
    A function without an answer in `functions` is an error, so that no program depends on one by accident.
    """

    is_secret = staticmethod(is_secret)
    plain = staticmethod(plain)

    def __init__(self) -> None:
        self.by_type: defaultdict[str, list[mocks.MockResourceArgs]] = defaultdict(list)
        self.calls: list[mocks.MockCallArgs] = []
        self.requests: dict[tuple[str, str], Any] = {}
        self.outputs: dict[str, dict[str, Any]] = {}
        self.hooks: dict[str, pulumi.ResourceHook] = {}
        self.exports: dict[str, Any] = {}
        self.functions = json.loads(json.dumps(FUNCTIONS))

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.by_type[args.typ].append(args)
        computed = OUTPUTS[args.typ](args) if args.typ in OUTPUTS else {}
        return f"{args.name}-id", {"name": f"{args.name}-1a2b3c4", **args.inputs, **computed}

    def call(self, args: mocks.MockCallArgs) -> dict[str, Any]:  # type: ignore[override]  # the runtime takes both
        self.calls.append(args)
        if args.token not in self.functions:
            raise AssertionError(f"the program called {args.token}, for which the tests have no answer")
        return {**args.args, **self.functions[args.token]}

    @property
    def resources(self) -> list[mocks.MockResourceArgs]:
        """Every declared resource, components included."""
        return [resource for resources in self.by_type.values() for resource in resources]

    def one(self, token: str, name: str | None = None) -> dict[str, Any]:
        """The plain inputs of the only resource of a type, or of the one with this logical name.

        The token may be short: `ec2/vpc:Vpc` is `aws:ec2/vpc:Vpc`.
        """
        found = [resource for resource in self.all(token) if name in (None, resource.name)]
        names = [resource.name for resource in self.all(token)]
        assert len(found) == 1, f"expected one {token} named {name or 'anything'}, found {names}"
        inputs: dict[str, Any] = plain(found[0].inputs)
        return inputs

    def all(self, token: str) -> list[mocks.MockResourceArgs]:
        """Every resource of a type; the token may leave out `aws:`."""
        return self.by_type.get(token) or self.by_type.get(f"aws:{token}") or []

    def options(self, token: str, name: str) -> Any:
        """The registration of one resource: `protect`, `ignoreChanges`, `dependencies`, `customTimeouts`, ..."""
        return self.requests.get((token, name)) or self.requests[f"aws:{token}", name]

    def run(self, program: Callable[[], Any]) -> Any:
        """Run a program to its end and return what it returns, with every Output in it resolved."""
        answers: list[Any] = []

        @mocks.test  # type: ignore[untyped-decorator]
        def wait() -> Any:
            return pulumi.Output.from_input(program()).apply(answers.append)

        wait()
        return answers[0] if answers else None

    def run_program(self, **config: str) -> None:
        """Run the whole program with these settings, then resolve what the stack exports into `exports`."""
        set_all_config({"aws:region": REGION, **{f"preqly:{key}": value for key, value in config.items()}})
        with contextlib.chdir(ROOT):
            # The stack's resource is one for all programs of a process.
            self.run(cast(Stack, get_root_resource()).outputs.clear)
            self.run(lambda: runpy.run_path(str(ROOT / "__main__.py")) and None)
            self.exports = self.run(lambda: dict(cast(Stack, get_root_resource()).outputs))


@pytest.fixture(autouse=True)
def _no_configuration() -> Iterator[None]:
    """No test sees the settings of another one."""
    set_all_config({}, [])
    yield
    set_all_config({}, [])


@pytest.fixture(scope="session", autouse=True)
def _every_release_runs() -> Iterator[None]:
    """The program asks AWS in every update whether its release runs and is on record; here there is no AWS to ask."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hooks, "verify_rollout", lambda *_: {})
        patch.setattr(hooks, "complete", lambda _session, _parameter, release, *_: replace(release, number=1))
        yield


@pytest.fixture
def engine() -> Recorder:
    """A fresh recording engine for project `preqly`, stack `test`, with an empty configuration."""
    return new_engine()


@pytest.fixture(scope="session")
def declared() -> Recorder:
    """What the program declares with every setting at its default; read it, do not run anything in it."""
    recorder = new_engine()
    recorder.run_program()
    return recorder


def new_engine(preview: bool = False) -> Recorder:
    """Point Pulumi's runtime at a new Recorder, for an update or for a preview."""
    recorder = Recorder()
    mocks.set_mocks(recorder, project="preqly", stack="test", preview=preview, monitor=_Monitor(recorder))
    SETTINGS.callbacks = _Hooks(recorder)
    return recorder

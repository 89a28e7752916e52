"""Outputs and function results that AWS and the other providers would return to the program."""

from collections.abc import Callable
from typing import Any

from pulumi.runtime import mocks, rpc

ACCOUNT = "123456789012"
REGION = "us-east-1"

Outputs = Callable[[mocks.MockResourceArgs], dict[str, Any]]


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
    prefix = args.inputs.get("bucketPrefix")
    name = f"{prefix}{'2' * 18}00000001" if prefix else f"{args.name}-1a2b3c4"
    return {"arn": f"arn:aws:s3:::{name}", "bucket": name, "bucketRegionalDomainName": f"{name}.s3.amazonaws.com"}


OUTPUTS: dict[str, Outputs] = {
    "aws:acm/certificate:Certificate": _certificate,
    "aws:acm/certificateValidation:CertificateValidation": lambda args: {
        "certificateArn": args.inputs["certificateArn"]
    },
    "aws:cloudwatch/dashboard:Dashboard": _arn("cloudwatch", "dashboard/"),
    "aws:cloudwatch/logGroup:LogGroup": _arn("logs", "log-group:"),
    "aws:ec2/eip:Eip": lambda args: {"allocationId": f"eipalloc-{args.name}", "publicIp": "203.0.113.10"},
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
    "aws:elasticache/replicationGroup:ReplicationGroup": lambda args: {
        "replicationGroupId": f"{args.name}-1a2b3c4",
        "primaryEndpointAddress": f"master.{args.name}.a1b2c3.use1.cache.amazonaws.com",
    },
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
    "aws:scheduler/scheduleGroup:ScheduleGroup": _arn("scheduler", "schedule-group/"),
    "aws:sns/topic:Topic": _arn("sns"),
    "aws:sqs/queue:Queue": _arn("sqs"),
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
"""Computed outputs by type token; without an entry a resource returns its inputs and a name."""

FUNCTIONS: dict[str, dict[str, Any]] = {
    "aws:ecr/getAuthorizationToken:getAuthorizationToken": {
        "userName": "AWS",
        "password": "registry-token",
        "proxyEndpoint": f"https://{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com",
        "authorizationToken": "QVdTOnJlZ2lzdHJ5LXRva2Vu",
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
    "aws:sesv2/getEmailIdentity:getEmailIdentity": {"arn": f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/app.preqly.com"},
}
"""Results of provider functions; a test changes its own copy in `engine.functions`."""

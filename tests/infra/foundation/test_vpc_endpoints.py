"""Interface endpoints: everything a task without internet access needs, under the services' own names."""

from infra.foundation.vpc_endpoints import VpcEndpoints, VpcEndpointsArgs


def test_a_task_pulls_images_writes_logs_reads_secrets_and_opens_a_shell_from_both_zones(engine):
    args = VpcEndpointsArgs(vpc_id="vpc-1", subnet_ids=["s-a", "s-b"], security_group_id="sg-1", region="eu-west-1")
    engine.run(lambda: VpcEndpoints("endpoints", args).urn)
    endpoints = [endpoint.inputs for endpoint in engine.all("ec2/vpcEndpoint:VpcEndpoint")]
    names = ("ecr.api", "ecr.dkr", "logs", "secretsmanager", "ssmmessages")
    assert {endpoint["serviceName"] for endpoint in endpoints} == {f"com.amazonaws.eu-west-1.{name}" for name in names}
    for endpoint in endpoints:
        assert endpoint["vpcEndpointType"] == "Interface"
        assert endpoint["privateDnsEnabled"] is True
        assert endpoint["subnetIds"] == ["s-a", "s-b"]
        assert endpoint["securityGroupIds"] == ["sg-1"]

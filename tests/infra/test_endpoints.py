"""Interface endpoints: all that a task without a way out needs, under the services' own names."""

from infra.endpoints import Endpoints, EndpointsArgs


def declare(engine):
    args = EndpointsArgs(vpc_id="vpc-1", subnet_ids=["s-a", "s-b"], security_group_id="sg-1", region="eu-west-1")
    engine.run(lambda: Endpoints("endpoints", args).urn)


def test_a_task_can_pull_log_read_secrets_and_be_looked_into(engine):
    declare(engine)
    services = {endpoint.inputs["serviceName"] for endpoint in engine.all("ec2/vpcEndpoint:VpcEndpoint")}
    names = ("ecr.api", "ecr.dkr", "logs", "secretsmanager", "ssmmessages")
    assert services == {f"com.amazonaws.eu-west-1.{name}" for name in names}


def test_the_services_own_names_lead_there_from_both_zones(engine):
    declare(engine)
    for endpoint in engine.all("ec2/vpcEndpoint:VpcEndpoint"):
        assert endpoint.inputs["vpcEndpointType"] == "Interface"
        assert endpoint.inputs["privateDnsEnabled"] is True
        assert endpoint.inputs["subnetIds"] == ["s-a", "s-b"]
        assert endpoint.inputs["securityGroupIds"] == ["sg-1"]

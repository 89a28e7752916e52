"""A permission exists before the resource that needs it: on a deployed stack, tasks serve during the whole update."""

ENCRYPTION = "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"


def waits_for(program, token, name):
    """Logical names of the resources that one depends on."""
    return {urn.rpartition("::")[2] for urn in program.options(token, name).dependencies}


def test_media_files_are_encrypted_with_the_key_only_once_their_writers_may_use_it(program):
    """Otherwise the uploads of running tasks fail until the update reaches their role."""
    before = waits_for(program, ENCRYPTION, "media-encrypted")
    assert {"task-application-policy", "task-preparation-policy", "media-tls-only"} <= before


def test_no_task_starts_before_its_permissions_and_the_encryption_of_the_files_it_writes(program):
    before = waits_for(program, "ecs/service:Service", "web-service")
    roles = {"task-execution-policy", "task-application-policy", "task-preparation-policy"}
    assert {*roles, "media-encrypted"} <= before


def test_services_of_aws_get_their_role_and_topic_with_its_permissions(program):
    assert "network-refused-writer" in waits_for(program, "ec2/flowLog:FlowLog", "network-refused")
    assert "database-monitoring-writes" in waits_for(program, "rds/instance:Instance", "database-instance")
    events = waits_for(program, "rds/eventSubscription:EventSubscription", "alarms-database-events")
    assert "alarms-publishers" in events
    assert "access-logs-delivery" in waits_for(program, "lb/loadBalancer:LoadBalancer", "front-balancer")

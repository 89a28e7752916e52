"""Arguments of the task definitions in the tests of this room."""

from infra.ecs.task_definition import TaskArgs
from infra.release.spec import ReleaseSpec

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:application-a1b2c3"
SPEC = ReleaseSpec(
    web_image="registry/web@sha256:aa",
    proxy_image="registry/proxy@sha256:bb",
    tag="0123456789ab-cdef",
    revision="0a1b2c3d4e",
    sources="f0",
    architecture="arm64",
)
TASK = TaskArgs(
    spec=SPEC,
    region="us-east-1",
    domains=["app.preqly.com", "www.preqly.com"],
    allowed_hosts=["localhost"],
    sender="no-reply@app.preqly.com",
    media_bucket="media",
    secret_arn=SECRET,
    secret_version="v-1",
    log_group="app-logs",
    vpc_cidr="10.20.0.0/16",
    trusted_proxies=["192.0.2.0/24", "2001:db8::/32"],
    cpu=512,
    threads=3,
    request_timeout=45,
    memory=1024,
    architecture="arm64",
    execution_role_arn="role-execution",
    task_role_arn="role-task",
    migration_role_arn="role-migration",
)

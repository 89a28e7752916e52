"""Release records for tests."""

from dataclasses import replace

from infra.release.record import ReleaseRecord
from tests.infra.release.fake_aws import FAMILY, MIGRATION, SECRET

PARAMETER = "/preqly/test/releases"
RELEASE = ReleaseRecord(
    kind="release",
    at="",
    tag="aaaa-1",
    revision="0a1b2c3d4e",
    sources="f0",
    architecture="arm64",
    web_image="registry/web@sha256:aa",
    proxy_image="registry/proxy@sha256:bb",
    task_definition=f"{FAMILY}:8",
    migration_task_definition=MIGRATION,
    region="us-east-1",
    cluster="web-cluster",
    service="web-service",
    secret_arn=SECRET,
    log_group="app",
    database="preqly-1a2b",
    secret_version="v-1",
)
EARLIER = replace(
    RELEASE,
    number=4,
    tag="0000-1",
    web_image="registry/web@sha256:00",
    task_definition=f"{FAMILY}:7",
    migration_task_definition=MIGRATION.replace(":7", ":6"),
)

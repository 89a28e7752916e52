"""A release's document: whole, without secrets, and the same for the same release."""

import json
from dataclasses import replace

from infra.machine.document import Known, Site, release_document
from infra.machine.program.release import Release

SITE = Site(
    region="eu-west-1", domains=("app.preqly.com",), allowed_hosts=(), sender="site@preqly.com", cpu=256, memory=512
)
KNOWN = Known(
    web_image="123456789012.dkr.ecr.eu-west-1.amazonaws.com/web@sha256:1",
    proxy_image="123456789012.dkr.ecr.eu-west-1.amazonaws.com/proxy@sha256:2",
    tag="0a1b2c",
    media_bucket="media",
    secret_arn="arn:secret",
    secret_version="v1",
    log_group="app",
    application_role="arn:role",
    preparation_role="arn:preparation",
    certificate_secret="arn:certificate",
    zone_id="Z1",
    acme_server="https://acme.test/directory",
    address="eipalloc-1",
    program="programs/1.zip",
    architecture="arm64",
)


def test_the_machine_reads_what_the_program_writes() -> None:
    release = Release.from_json(release_document(SITE, KNOWN))
    assert release.registry == "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
    assert release.host == "app.preqly.com"
    assert set(release.compose["services"]) == {"network", "web", "proxy", "migrate"}


def test_each_container_is_given_the_secrets_that_it_is_given_on_ecs() -> None:
    secrets = Release.from_json(release_document(SITE, KNOWN)).secrets
    assert secrets["migrate"]["DATABASE_URL"] == "OWNER_DATABASE_URL"
    assert secrets["web"]["DATABASE_URL"] == "DATABASE_URL"
    assert "proxy" not in secrets


def test_the_same_release_is_the_same_text_and_a_rotated_secret_another() -> None:
    assert release_document(SITE, KNOWN) == release_document(SITE, KNOWN)
    rotated = release_document(SITE, replace(KNOWN, secret_version="v2"))
    assert json.loads(rotated)["secret_version"] == "v2"
    assert rotated != release_document(SITE, KNOWN)

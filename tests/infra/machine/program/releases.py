"""A release as the machine reads it, and the keys of two in its bucket."""

from infra.machine.program.release import Release

RELEASE = Release(
    version="one",
    images=["r/web@sha256:1"],
    registry="r",
    compose={
        "services": {
            "network": {},
            "web": {"network_mode": "service:network"},
            "proxy": {"network_mode": "service:network"},
            "migrate": {"profiles": ["once"]},
        }
    },
    secrets={"web": {"SECRET_KEY": "SECRET_KEY"}},
    secret_arn="arn:secret",
    secret_version="v1",
    prepare=["prepare"],
    migrate=["migrate"],
    state=["state"],
    retire=["retire"],
    hosts=["app.preqly.com"],
    application_role="arn:role",
    preparation_role="arn:preparation",
    certificate_secret="arn:certificate",
    zone_id="Z1",
    acme_server="https://acme.test/directory",
    address="eipalloc-1",
    program="programs/1.zip",
    architecture="arm64",
)
KEY, NEXT = "releases/1.json", "releases/2.json"

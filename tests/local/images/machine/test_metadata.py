"""The metadata service of an embedded instance."""

import pytest

from local.images.machine.metadata import answer

INSTANCE = {
    "instance_id": "i-1",
    "instance_type": "t3.small",
    "region": "us-east-1",
    "zone": "us-east-1a",
    "user_data": "#!/bin/sh\n",
    "role": "machine",
    "credentials": {"AccessKeyId": "ASIA1"},
    "hops": 1,
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/latest/meta-data/instance-id", "i-1"),
        ("/latest/meta-data/placement/region", "us-east-1"),
        ("/latest/meta-data/iam/security-credentials/", "machine"),
        ("/latest/meta-data/iam/security-credentials/machine", '{"AccessKeyId": "ASIA1"}'),
        ("/latest/user-data", "#!/bin/sh\n"),
        ("/latest/meta-data/no-such-thing", None),
    ],
)
def test_what_an_sdk_asks_for_is_there(path: str, value: str | None) -> None:
    assert answer(INSTANCE, path) == value

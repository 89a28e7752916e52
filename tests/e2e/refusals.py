"""Releases that must not serve, whichever kind of hosting it is."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from local.hosting import FARGATE
from tests.e2e.checkout import Checkout
from tests.e2e.load import assert_nobody_noticed, constant_load
from tests.e2e.postgres import can_log_in
from tests.e2e.serving import serving
from tests.e2e.sources import BAD_MIGRATION, Sources

Completed = subprocess.CompletedProcess[str]


def refused_under_load(checkout: Checkout, *words: str, up: Callable[[], Completed] | None = None) -> None:
    """`up` fails and says these words, nobody notices, and the release before serves on."""
    number, before = checkout.releases()[0]["number"], serving(checkout)
    with constant_load(checkout.runtime) as load:
        result = up() if up else checkout.up()
    assert result.returncode == 1, result.stderr
    assert "Traceback" not in result.stderr
    missing = [word for word in words if word not in result.stderr]
    assert missing == [], result.stderr
    assert_nobody_noticed(load, connections_stay=checkout.hosting == FARGATE)
    assert serving(checkout) == before, "the release before serves"
    assert checkout.releases()[0]["number"] == number, "what failed is not on record"


def rotation_fails(checkout: Checkout, sources: Sources) -> None:
    """An `up` that changes the owner's password, and then fails before anything new serves. The setting stays."""
    before = checkout.secret()["OWNER_DATABASE_URL"]
    sources.rotate()
    sources.keep()
    sources.migration("0004_fails", BAD_MIGRATION)
    refused_under_load(checkout, 'relation "a_table_that_is_not_there" does not exist')
    sources.restore()
    assert not can_log_in(checkout, before)
    assert can_log_in(checkout, checkout.secret()["OWNER_DATABASE_URL"])


def delete_newest_proxy_image(checkout: Checkout) -> None:
    """The migration does without it. Images of releases on record have a further tag."""
    ecr = checkout.aws("ecr")
    names = [one["repositoryName"] for one in ecr.describe_repositories()["repositories"]]
    (proxy,) = (name for name in names if "proxy" in name)
    images = ecr.describe_images(repositoryName=proxy)["imageDetails"]
    newest = max((one for one in images if len(one["imageTags"]) == 1), key=lambda one: one["imagePushedAt"])
    ecr.batch_delete_image(repositoryName=proxy, imageIds=[{"imageDigest": newest["imageDigest"]}])


@contextmanager
def secret_gone_at(
    checkout: Checkout, words: str, first: Callable[[], object] = lambda: None
) -> Iterator[Callable[[], Completed]]:
    """An `up` during which the application's secret is deleted when it has said these words; it comes back after.

    What is waited for `first` has read the secret already."""
    arn, secrets = checkout.outputs()["secret_arn"], checkout.aws("secretsmanager")

    def delete() -> None:
        first()
        secrets.delete_secret(SecretId=arn, RecoveryWindowInDays=7)

    try:
        yield lambda: checkout.run_until(words, delete)
    finally:
        secrets.restore_secret(SecretId=arn)

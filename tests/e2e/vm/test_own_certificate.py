"""The team's own certificate in place of the ACME server's."""

import json

import pytest

from tests.e2e.checkout import Checkout
from tests.e2e.good_releases import CHANGED, deployed_unnoticed
from tests.e2e.sources import Sources
from tests.e2e.vm.certificates import orders, pair, shown
from tests.waiting import wait_until

pytestmark = pytest.mark.containers

SECRET = "team/certificate"
NAMES = ["app.preqly.com", "localhost", "www.preqly.com"]
"""The site's, and the one by which visitors on this machine ask for it."""


def test_the_teams_own_certificate_comes_into_use_unnoticed(deployed: Checkout, sources: Sources) -> None:
    asked = orders(deployed)
    text = json.dumps(pair(deployed, NAMES, days=200))
    deployed.aws("secretsmanager").create_secret(Name=SECRET, SecretString=text)
    sources.setting("vmCertificate", "letsencrypt", SECRET)
    deployed_unnoticed(deployed, CHANGED)
    sources.keep()
    wait_until(lambda: shown(deployed, "app.preqly.com").days_left > 190)
    assert shown(deployed, "www.preqly.com").names == set(NAMES)
    assert orders(deployed) == asked

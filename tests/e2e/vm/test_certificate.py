"""The machine's certificate, from the embedded cloud's ACME server. The tests run in this order."""

import pytest

from tests.e2e.canaries import log_events
from tests.e2e.checkout import Checkout
from tests.e2e.load import assert_nobody_noticed, constant_load
from tests.e2e.vm.certificates import acme_port, orders, put_nearly_over, shown
from tests.e2e.vm.instance import Instance
from tests.waiting import wait_until

pytestmark = pytest.mark.containers

SERVES_ON = "The certificate in use serves on."


def test_the_certificate_is_the_acme_servers_for_the_domain(deployed: Checkout) -> None:
    certificate = shown(deployed, "app.preqly.com")
    assert "app.preqly.com" in certificate.names
    assert 88 < certificate.days_left < 90
    assert orders(deployed) == 1


def test_without_the_acme_server_the_certificate_in_use_serves_on(deployed: Checkout, instance: Instance) -> None:
    before = log_events(deployed).count(SERVES_ON)
    put_nearly_over(deployed, days=20)
    away = ("OUTPUT", "--protocol", "tcp", "--dport", str(acme_port(deployed)), "--jump", "REJECT")
    instance.inside("iptables", "--insert", *away)
    try:
        with constant_load(deployed.runtime) as load:
            instance.inside("systemctl", "restart", "preqly")
            wait_until(lambda: log_events(deployed).count(SERVES_ON) > before, 60)
            load.wait_for_enough()
    finally:
        instance.inside("iptables", "--delete", *away)
    assert_nobody_noticed(load)
    assert shown(deployed, "app.preqly.com").days_left > 20


def test_a_certificate_is_renewed_before_it_is_over_and_nobody_notices(deployed: Checkout, instance: Instance) -> None:
    asked = orders(deployed)
    put_nearly_over(deployed, days=20)
    with constant_load(deployed.runtime) as load:
        instance.inside("systemctl", "restart", "preqly")
        wait_until(lambda: orders(deployed) > asked, 60)
        wait_until(lambda: shown(deployed, "app.preqly.com").days_left > 88, 30)
        load.wait_for_enough()
    assert_nobody_noticed(load)

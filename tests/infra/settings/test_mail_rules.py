"""Mail and egress ports: what the stack accepts, tasks can reach and the application can read."""

from typing import Any, cast

import pulumi
import pytest
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime.config import set_all_config

from django_hosting.host_names import allowed_host
from infra.composition.dns import declare_email
from infra.problem import SettingsError
from infra.settings import mail_rules
from infra.settings.load import load_settings
from infra.settings.name_rules import allowed_hosts
from infra.settings.settings import Settings
from tests.infra.settings_helpers import load, only_problem, settings


def load_url(url: str, **values: str) -> Settings:
    """Settings with this `emailUrl` as a secret."""
    keys = {"preqly:emailUrl": url, **{f"preqly:{key}": value for key, value in values.items()}}
    set_all_config(keys, ["preqly:emailUrl"])
    return load_settings(pulumi.Config("preqly"), "us-east-1")


def refused(url: str, **values: str) -> str:
    """What is printed when this `emailUrl` is refused."""
    with pytest.raises(SettingsError) as error:
        load_url(url, **values)
    (problem,) = error.value.problems
    assert problem.key == "preqly:emailUrl"
    return str(error.value)


SERVER = "smtp+tls://site:hunter2@smtp.example.net"


@pytest.mark.parametrize("egress", ["gateway", "gateway-per-zone", "public"])
@pytest.mark.parametrize("port", [25, 465, 587, 2525, 65535])
def test_the_port_of_the_mail_server_is_open(egress, port):
    assert load_url(f"{SERVER}:{port}", egress=egress).internet_ports == (port,)


@pytest.mark.parametrize(
    ("url", "listed", "ports"),
    [
        (f"{SERVER}:443", "[]", ()),
        (f"{SERVER}:587", "[587, 8883, 443, 587]", (587, 8883)),
        ("ses://", "[8883]", (8883,)),
        ("unset://", "[]", ()),
    ],
)
def test_a_port_is_opened_once_and_443_is_open_anyway(url, listed, ports):
    assert load_url(url, egressPorts=listed).internet_ports == ports


@pytest.mark.parametrize("port", [443, 587])
def test_a_mail_server_is_refused_where_tasks_reach_no_internet(port):
    assert "tasks with `egress: endpoints` reach no mail server" in refused(f"{SERVER}:{port}", egress="endpoints")


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("smtp+tls://site:hun/ter2@smtp.example.net:587", "/ is %2F"),
        ("smtp+tls://site:hunter2%@smtp.example.net:587", "% is %25"),
        ("smtp+tls://site:hun ter2@smtp.example.net:587", "getpass"),
        (f"{SERVER}", "names no port"),
        ("smtp+tls://site:hunter2@mail:587", "cannot reach"),
        ("smtp+tls://site:hunter2@127.0.0.1:587", "cannot reach"),
        ("smtp+tls://site:hunter2@10.1.2.3:587", "cannot reach"),
        ("smtp+tls://site:hunter2@[2001:db8::1]:587", "cannot reach"),
        ("smtp://site:hunter2@smtp.example.net:25", "smtp:// is not for a site on AWS"),
        ("filemail:///tmp/mail", "filemail:// is not for a site on AWS"),
        ("pigeon://site:hunter2@smtp.example.net", "does not begin with"),
    ],
)
def test_a_wrong_url_is_refused_with_the_reason_and_without_the_password(url, rule):
    said = refused(url)
    assert rule in said
    assert "fix:  pulumi config set --secret emailUrl" in said
    assert not {"hunter2", "ter2"} & set(said.replace("@", " ").split())
    assert "hun" not in said


@pytest.mark.parametrize(
    ("url", "notice"),
    [
        (f"{SERVER}:25", "port 25, which AWS blocks"),
        (f"{SERVER}:465", "port 465 usually needs smtp+ssl://"),
        (f"{SERVER.replace('+tls', '+ssl')}:587", "port 587 usually needs smtp+tls://"),
    ],
)
def test_a_port_that_mostly_fails_is_told(url, notice):
    (said,) = mail_rules.notices(load_url(url))
    assert notice in said
    assert "hunter2" not in said


def test_a_listed_port_25_is_told_and_a_region_without_ses():
    assert "port 25" in next(mail_rules.notices(load(egressPorts="[25]")))
    assert "no Amazon SES in ap-east-1" in next(mail_rules.notices(load("ap-east-1", emailUrl="ses://")))


def test_the_program_prints_what_it_has_to_tell(monkeypatch):
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", told.append)
    assert declare_email(settings(egress_ports=(25,)), cast(Any, None), cast(Any, None)) is None
    assert [line for line in told if "port 25" in line]


@pytest.mark.parametrize("url", ["ses://", "unset://", f"{SERVER}:587", f"{SERVER}:2525"])
def test_usual_mail_says_nothing(url):
    assert not list(mail_rules.notices(load_url(url)))


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"egressPorts": "[0]"}, "0 is no TCP port"),
        ({"egressPorts": "[65536]"}, "65536 is no TCP port"),
        ({"egressPorts": '["8883"]'}, "list of whole numbers"),
        ({"egressPorts": "[true]"}, "list of whole numbers"),
        ({"egressPorts": "[587.5]"}, "list of whole numbers"),
        ({"egressPorts": "8883"}, "list of whole numbers"),
        ({"egressPorts": str(list(range(1000, 1021)))}, "at most 20 different ports"),
        ({"egressPorts": "[8883]", "egress": "endpoints"}, "reach no port on the internet"),
    ],
)
def test_wrong_egress_ports_are_refused(values, rule):
    problem = only_problem(**values)
    assert problem.key == "preqly:egressPorts"
    assert rule in problem.rule


def test_the_longest_list_fits_into_a_security_group():
    ports = tuple(range(1000, 1000 + mail_rules.MOST_EGRESS_PORTS))
    assert not list(mail_rules.egress_ports(settings(egress_ports=ports)))
    rules_to_the_world = 2 * (len(ports) + len({443, "the mail server's"}))
    assert rules_to_the_world + len({"database", "spare"}) <= 60


NEAR_ADDRESSES = st.from_regex(
    r"[a-z0-9!#\"(+ ={}~.-]{1,8}@([a-z0-9-]{1,5}\.){1,3}(xn--[a-z0-9-]{1,5}|[a-z0-9]{1,4})", fullmatch=True
)


@given(address=NEAR_ADDRESSES)
def test_the_application_takes_every_sender_that_the_settings_take(address):
    if list(mail_rules.email_from(settings(email_from=address))):
        return
    try:
        validate_email(address)
    except ValidationError:
        raise AssertionError(f"Django refuses {address!r}") from None


@pytest.mark.parametrize("address", ["no-reply@app.preqly.com", "a.b+c@x-1.example.museum", "o'neil@example.org"])
def test_usual_addresses_are_taken(address):
    assert load(emailFrom=address, alarmEmail=address).sender == address


@pytest.mark.parametrize("address", ["a b@example.org", "a..b@example.org", "a@example.1", "a@b.c", "<a@example.org>"])
def test_an_address_that_django_or_sns_refuses_is_refused(address):
    assert only_problem(emailFrom=address).key == "preqly:emailFrom"
    assert only_problem(alarmEmail=address).key == "preqly:alarmEmail"


@given(host=st.from_regex(r"[a-z0-9.-]{1,12}", fullmatch=True))
def test_the_application_takes_every_allowed_host_that_the_settings_take(host):
    if not list(allowed_hosts(settings(allowed_hosts=(host,)))):
        assert allowed_host(host) == host

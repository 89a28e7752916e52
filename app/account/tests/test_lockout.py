"""Lockout after wrong passwords, for the visitor who guesses only."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.core.cache import caches
from django.test import Client
from django.utils import timezone

from account import lockout
from account.models import User

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse 9"
WRONG = "battery staple 7"


@pytest.fixture(autouse=True)
def _ann() -> None:
    User.objects.create_user("ann@example.com", PASSWORD)


def attempt(address: str = "198.51.100.9", password: str = WRONG, name: str = "ann@example.com"):
    """One attempt in a new browser."""
    client = Client(REMOTE_ADDR=address)
    return client.post("/account/login/", {"username": name, "password": password})


def lock() -> None:
    for number in range(lockout.FAILURES):
        assert attempt().status_code == (429 if number == lockout.FAILURES - 1 else 200)


def test_after_five_failures_the_right_password_has_to_wait_too() -> None:
    lock()
    answer = attempt(password=PASSWORD)
    assert (answer.status_code, answer["Retry-After"], answer["Cache-Control"]) == (429, "900", "no-store")
    assert "Too many wrong passwords." in answer.text


def test_spelling_the_address_in_another_way_starts_no_new_count() -> None:
    lock()
    assert attempt(name=" ANN@Example.com").status_code == 429


def test_a_name_longer_than_any_address_is_a_wrong_one_like_others() -> None:
    assert attempt(name=f"{'a' * 300}@example.com").status_code == 200
    client = Client(REMOTE_ADDR="198.51.100.9")
    client.post("/admin/login/", {"username": "b" * 300, "password": WRONG})
    assert [len(counted.username) for counted in AccessAttempt.objects.all()] == [lockout.NAME_LENGTH]


def test_the_owner_logs_in_from_elsewhere_meanwhile() -> None:
    lock()
    assert attempt("203.0.113.7", PASSWORD).status_code == 302


def test_another_address_of_the_same_ipv6_network_starts_no_new_count() -> None:
    for number in range(lockout.FAILURES):
        attempt(f"2001:db8:1:2::{number}")
    assert attempt("2001:db8:1:2:ffff::1", PASSWORD).status_code == 429
    assert attempt("2001:db8:1:3::1", PASSWORD).status_code == 302


def test_other_accounts_behind_the_same_address_are_not_concerned() -> None:
    User.objects.create_user("bob@example.com", PASSWORD)
    lock()
    assert attempt(password=PASSWORD, name="bob@example.com").status_code == 302


def test_failures_are_counted_in_the_database_for_all_workers_and_tasks() -> None:
    attempt()
    caches["default"].clear()
    (counted,) = AccessAttempt.objects.all()
    assert (counted.username, counted.ip_address, counted.failures_since_start) == (
        "ann@example.com",
        "198.51.100.9",
        1,
    )
    assert WRONG not in counted.post_data


def test_the_pause_ends() -> None:
    lock()
    AccessAttempt.objects.update(attempt_time=timezone.now() - lockout.PAUSE - timedelta(seconds=1))
    assert attempt(password=PASSWORD).status_code == 302


def test_a_login_ends_the_count() -> None:
    for _ in range(lockout.FAILURES - 1):
        attempt()
    assert attempt(password=PASSWORD).status_code == 302
    assert attempt().status_code == 200


def test_the_admins_login_counts_as_well() -> None:
    lock()
    client = Client(REMOTE_ADDR="198.51.100.9")
    login = {"username": "ann@example.com", "password": PASSWORD}
    assert client.post("/admin/login/", login).status_code == 429


def test_a_password_can_be_reset_meanwhile(mailoutbox: list) -> None:
    lock()
    client = Client(REMOTE_ADDR="198.51.100.9")
    assert client.post("/account/password/reset/", {"email": "ann@example.com"}).status_code == 302
    assert len(mailoutbox) == 1


def test_a_login_costs_a_handful_of_queries(django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(15):
        assert attempt(password=PASSWORD).status_code == 302

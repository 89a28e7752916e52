"""Sessions during a rotation of keys, when tasks of both generations answer the same visitor."""

import pytest
from django.test import Client, override_settings

from account.models import User

pytestmark = pytest.mark.django_db
KEYS = {generation: str(generation) * 64 for generation in (1, 2, 3)}
# As in infra/data/generated_secrets.py: the next key is accepted before it signs.
ACCEPTED = {1: [2], 2: [3, 1]}


def task_of(generation: int, fallbacks: list[int] | None = None) -> override_settings:
    accepted = ACCEPTED[generation] if fallbacks is None else fallbacks
    return override_settings(SECRET_KEY=KEYS[generation], SECRET_KEY_FALLBACKS=[KEYS[number] for number in accepted])


def logged_in(client: Client) -> bool:
    return client.get("/account/profile/").status_code == 200


@pytest.fixture
def visitor(client: Client) -> Client:
    """A visitor whom a task of the first generation has logged in."""
    with task_of(1):
        client.force_login(User.objects.create_user("ann@example.com"))
    return client


def test_whichever_task_answers_the_visitor_stays_logged_in(visitor: Client) -> None:
    for generation in (1, 2, 1, 1, 2, 2, 1, 2):
        with task_of(generation):
            assert logged_in(visitor), f"generation {generation}"


def test_who_logs_in_at_a_new_task_is_known_to_an_old_one(client: Client) -> None:
    with task_of(2):
        client.force_login(User.objects.create_user("ann@example.com"))
    with task_of(1):
        assert logged_in(client)


def test_without_the_key_that_comes_next_an_old_task_would_log_the_visitor_out(visitor: Client) -> None:
    with task_of(2):
        assert logged_in(visitor)
    with task_of(1, fallbacks=[]):
        assert not logged_in(visitor)


def test_after_a_leak_no_earlier_session_is_accepted(visitor: Client) -> None:
    with task_of(3, fallbacks=[]):
        assert not logged_in(visitor)

"""The admin, and the commands that make an administrator."""

import pytest
from django.core.management import call_command
from django.test import Client

from account.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client, monkeypatch: pytest.MonkeyPatch) -> User:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "correct horse 9")
    call_command("createsuperuser", "--noinput", "--email", "root@example.com", verbosity=0)
    user = User.objects.get(email="root@example.com")
    client.force_login(user)
    return user


@pytest.mark.parametrize("page", ["", "account/user/", "account/user/add/", "core/movie/", "core/movie/1/change/"])
def test_an_administrator_opens_every_page(client: Client, admin: User, page: str) -> None:
    assert client.get(f"/admin/{page}").status_code == 200


def test_an_administrator_adds_and_opens_a_user(client: Client, admin: User) -> None:
    fields = {"email": "ann@example.com", "name": "Ann", "password1": "correct horse 9", "password2": "correct horse 9"}
    assert client.post("/admin/account/user/add/", fields).status_code == 302
    ann = User.objects.get(email="ann@example.com")
    assert client.get(f"/admin/account/user/{ann.pk}/change/").status_code == 200


def test_a_member_is_not_let_in(client: Client) -> None:
    client.force_login(User.objects.create_user("ann@example.com", "correct horse 9"))
    assert client.get("/admin/").status_code == 302

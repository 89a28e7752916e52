"""The admin and createsuperuser."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
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


def test_a_picture_is_shown_but_not_taken(client: Client, admin: User, picture: Callable[..., bytes]) -> None:
    fields = {"email": "root@example.com", "name": "Root", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    upload = SimpleUploadedFile("me.png", picture())
    assert client.post(f"/admin/account/user/{admin.pk}/change/", fields | {"picture": upload}).status_code == 302
    admin.refresh_from_db()
    assert (admin.name, admin.picture.name) == ("Root", "")


def test_the_picture_of_a_deleted_person_goes_too(
    client: Client, admin: User, settings, django_capture_on_commit_callbacks
) -> None:
    ann = User.objects.create_user("ann@example.com", picture=SimpleUploadedFile("me.webp", b"pixels"))
    stored = Path(settings.MEDIA_ROOT) / ann.picture.name
    assert stored.exists()
    chosen = {"action": "delete_selected", "_selected_action": [ann.pk], "post": "yes"}
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post("/admin/account/user/", chosen).status_code == 302
    assert not User.objects.filter(pk=ann.pk).exists()
    assert not stored.exists()


def test_a_member_is_not_let_in(client: Client) -> None:
    client.force_login(User.objects.create_user("ann@example.com", "correct horse 9"))
    assert client.get("/admin/").status_code == 302

"""Password reset by mail and password change."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from account.models import RESET_PAUSE, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann@example.com", "correct horse 9", name="Ann")


def test_a_mailed_link_sets_a_new_password_once(client: Client, ann: User) -> None:
    client.post("/account/password/reset/", {"email": "ANN@example.com"})
    (message,) = mail.outbox
    assert (message.to, message.subject) == (["ann@example.com"], "Your new password for Preqly")
    link = re.search(r"http://testserver(/account/password/reset/\S+)", message.body).group(1)

    form = client.get(link)["Location"]
    answer = client.post(form, {"new_password1": "battery staple 7", "new_password2": "battery staple 7"})
    assert answer["Location"] == "/account/password/reset/complete/"
    login = {"username": "ann@example.com", "password": "battery staple 7"}
    assert client.post("/account/login/", login)["Location"] == "/account/profile/"
    assert "This link has been used" in Client().get(link).text


def test_an_unknown_address_is_answered_alike_and_gets_no_mail(client: Client, ann: User) -> None:
    answers = [client.post("/account/password/reset/", {"email": f"{name}@example.com"}) for name in ("ann", "bob")]
    assert [answer["Location"] for answer in answers] == ["/account/password/reset/sent/"] * 2
    assert len(mail.outbox) == 1


def test_nobodys_mailbox_is_filled(client: Client, ann: User) -> None:
    User.objects.create_user("bob@example.com", "correct horse 9")
    for address in ("ann@example.com", "bob@example.com", "ann@example.com"):
        assert client.post("/account/password/reset/", {"email": address}).status_code == 302
    assert [message.to for message in mail.outbox] == [["ann@example.com"], ["bob@example.com"]]
    User.objects.update(reset_mailed=timezone.now() - RESET_PAUSE - timedelta(seconds=1))
    client.post("/account/password/reset/", {"email": "ann@example.com"})
    assert len(mail.outbox) == 3


def test_a_member_changes_the_password_and_stays_logged_in(client: Client, ann: User) -> None:
    client.force_login(ann)
    fields = {
        "old_password": "correct horse 9",
        "new_password1": "battery staple 7",
        "new_password2": "battery staple 7",
    }
    assert client.post("/account/password/", fields)["Location"] == "/account/profile/"
    assert client.get("/account/profile/").status_code == 200


def test_every_page_about_passwords_can_be_opened(client: Client, ann: User) -> None:
    for address in ("reset/", "reset/sent/", "reset/complete/"):
        assert client.get(f"/account/password/{address}").status_code == 200
    client.force_login(ann)
    assert client.get("/account/password/").status_code == 200

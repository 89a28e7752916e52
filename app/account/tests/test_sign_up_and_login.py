"""Sign-up, login and logout."""

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.forms import PasswordResetForm
from django.core import mail, signing
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from account import mailing
from account.models import User, UserManager

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse 9"
FIELDS = {"name": "Ann", "password1": PASSWORD, "password2": PASSWORD}
CONSOLE = "django.core.mail.backends.console.EmailBackend"


def ask(client: Client, email: str = "Ann@Example.com"):
    """Ask for an account."""
    return client.post("/account/sign-up/", {"email": email})


def mailed_link() -> str:
    """The link in the last mail."""
    found = re.search(r"http://testserver(/account/sign-up/confirm/\S+)", mail.outbox[-1].body)
    assert found, mail.outbox[-1].body
    return found[1]


def sign_up(client: Client, email: str = "Ann@Example.com", **changes: str):
    """Ask for an account, follow the mailed link, send the form."""
    ask(client, email)
    return client.post(mailed_link(), FIELDS | changes)


def test_a_mailed_link_makes_an_account_to_log_in_with(client: Client) -> None:
    assert ask(client)["Location"] == "/account/sign-up/sent/"
    assert "Look into your mailbox" in client.get("/account/sign-up/sent/").text
    assert (mail.outbox[0].to, User.objects.count()) == (["ann@example.com"], 0)
    form = client.get(mailed_link())
    assert 'value="ann@example.com"' in form.text
    assert form["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    assert client.post(mailed_link(), FIELDS)["Location"] == "/account/login/"
    assert "Log in with your address and your password." in client.get("/account/login/").text
    login = {"username": "ann@example.com", "password": PASSWORD}
    assert client.post("/account/login/", login)["Location"] == "/account/profile/"


def test_an_address_with_an_account_is_answered_like_any_other_and_its_owner_gets_a_mail(client: Client) -> None:
    User.objects.create_user("ann@example.com", PASSWORD)
    answers = [ask(Client(), email) for email in ("ANN@example.COM", "bob@example.com")]
    first, second = [
        (answer.status_code, dict(answer.headers) | {"X-Request-ID": ""}, answer.cookies, answer.content)
        for answer in answers
    ]
    assert first == second
    known, unknown = mail.outbox
    assert (known.to, unknown.to) == (["ann@example.com"], ["bob@example.com"])
    assert "http://testserver/account/password/reset/" in known.body
    assert "/confirm/" not in known.body
    assert User.objects.count() == 1


@pytest.mark.parametrize("backend", ["django_hosting.mail.NotSetBackend", CONSOLE])
def test_where_mail_reaches_no_mailbox_the_same_steps_lead_on_without_it(
    client: Client, settings, backend: str
) -> None:
    settings.EMAIL_BACKEND = backend
    User.objects.create_user("ann@example.com", PASSWORD)
    seen = []
    for email in ("ann@example.com", "bob@example.com"):
        visitor = Client()
        form = ask(visitor, email)["Location"]
        assert form.startswith("/account/sign-up/confirm/")
        answer = visitor.post(form, FIELDS | {"password1": "battery staple 7", "password2": "battery staple 7"})
        seen.append((answer.status_code, answer["Location"], answer.cookies["messages"].value.partition(":")[0]))
    assert seen[0] == seen[1]
    assert User.objects.get(email="ann@example.com").check_password(PASSWORD), "no stranger replaces a password"
    assert User.objects.get(email="bob@example.com").check_password("battery staple 7")


def test_asking_again_fills_nobodys_mailbox(client: Client) -> None:
    User.objects.create_user("ann@example.com", PASSWORD)
    for email in ("ann@example.com", "bob@example.com", "ANN@example.com", "bob@example.com"):
        assert ask(client, email)["Location"] == "/account/sign-up/sent/"
    assert [message.to for message in mail.outbox] == [["ann@example.com"], ["bob@example.com"]]


def test_a_link_works_for_an_hour_and_only_as_it_was_mailed(client: Client, monkeypatch) -> None:
    ask(client)
    link = mailed_link()
    for changed in (f"{link[:-2]}x/", "/account/sign-up/confirm/made-up/"):
        answer = client.post(changed, FIELDS)
        assert (answer.status_code, "Ask for a new one." in answer.text) == (410, True)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 3601)
    assert client.get(link).status_code == 410
    assert User.objects.count() == 0


def test_a_link_used_twice_changes_nothing(client: Client) -> None:
    sign_up(client)
    again = client.post(mailed_link(), FIELDS | {"password1": "battery staple 7", "password2": "battery staple 7"})
    assert again["Location"] == "/account/login/"
    assert User.objects.get().check_password(PASSWORD)


def test_of_two_clicks_at_once_one_makes_the_account(client: Client, monkeypatch) -> None:
    User.objects.create_user("ann@example.com", PASSWORD)
    # Both requests look before the first one saves.
    monkeypatch.setattr(UserManager, "with_address", lambda _self, _email: User.objects.none())
    link = reverse("account:sign-up-confirm", args=[signing.dumps("ann@example.com", salt="account.sign-up")])
    assert client.post(link, FIELDS)["Location"] == "/account/login/"
    assert User.objects.count() == 1


def test_an_answer_does_not_wait_for_its_mail(client: Client, monkeypatch) -> None:
    User.objects.create_user("ann@example.com", PASSWORD)
    sent, may_send = [], threading.Event()

    def send(*given: object, **named: object) -> None:
        may_send.wait(10)
        sent.append(given)

    with ThreadPoolExecutor(1) as sender:
        monkeypatch.setattr(mailing, "_sender", sender)
        monkeypatch.setattr(mailing, "send_mail", send)
        monkeypatch.setattr(PasswordResetForm, "send_mail", send)
        for address in ("/account/sign-up/", "/account/password/reset/"):
            assert client.post(address, {"email": "ann@example.com"}).status_code == 302
        assert sent == []
        may_send.set()
    assert len(sent) == 2


def test_a_mail_that_cannot_be_sent_is_logged(monkeypatch, caplog) -> None:
    def fail() -> None:
        raise OSError("the server is down")

    mailing.later(fail)
    assert "a mail was not sent" in caplog.text


def test_the_database_itself_refuses_a_second_spelling() -> None:
    User.objects.create_user("ann@example.com", PASSWORD)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.bulk_create([User(email="ANN@example.com")])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"password2": "another 99"}, "The two password fields"),
        ({"password1": "12345678", "password2": "12345678"}, "This password is too common."),
        ({"password1": "ann@example", "password2": "ann@example"}, "too similar to the e-mail address"),
        ({"name": "x" * 101}, "at most 100 characters"),
    ],
)
def test_a_wrong_field_is_explained(client: Client, changes: dict[str, str], reason: str) -> None:
    response = sign_up(client, **changes)
    assert reason in response.text
    assert User.objects.count() == 0


def test_a_wrong_address_is_explained(client: Client) -> None:
    assert "Enter a valid email address." in ask(client, "no address").text
    assert mail.outbox == []


def test_a_member_is_not_asked_to_sign_up_again(client: Client) -> None:
    ask(client)
    client.force_login(User.objects.create_user("bob@example.com", PASSWORD))
    for address in ("/account/sign-up/", mailed_link()):
        assert client.get(address)["Location"] == "/account/profile/"


@pytest.mark.parametrize("spelling", ["ann@example.com", "ANN@Example.com"])
def test_the_address_is_the_login_in_any_spelling(client: Client, spelling: str) -> None:
    User.objects.create_user("ann@example.com", PASSWORD)
    response = client.post("/account/login/", {"username": spelling, "password": PASSWORD})
    assert (response.status_code, response["Location"]) == (302, "/account/profile/")


def test_a_wrong_password_and_an_unknown_address_look_alike(client: Client) -> None:
    User.objects.create_user("ann@example.com", PASSWORD)
    texts = []
    for address in ("ann@example.com", "bob@example.com"):
        response = client.post("/account/login/", {"username": address, "password": "wrong"})
        assert response.status_code == 200
        texts.append(list(response.context["form"].non_field_errors()))
    assert texts[0] == texts[1]
    assert texts[0][0].startswith("No account has this address and this password.")


def test_login_leads_on_to_this_site_only(client: Client) -> None:
    User.objects.create_user("ann@example.com", PASSWORD)
    wanted = {"username": "ann@example.com", "password": PASSWORD, "next": "https://evil.example/"}
    assert client.post("/account/login/", wanted)["Location"] == "/account/profile/"


def test_logging_out_needs_a_post_and_ends_the_session(client: Client) -> None:
    client.force_login(User.objects.create_user("ann@example.com", PASSWORD))
    assert client.get("/account/logout/").status_code == 405
    assert client.post("/account/logout/")["Location"] == "/"
    assert client.get("/account/profile/").status_code == 302


def test_cookies_are_not_for_scripts(client: Client) -> None:
    User.objects.create_user("ann@example.com", PASSWORD)
    client.get("/account/login/")
    client.post("/account/login/", {"username": "ann@example.com", "password": PASSWORD})
    for cookie in (client.cookies["sessionid"], client.cookies["csrftoken"]):
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")

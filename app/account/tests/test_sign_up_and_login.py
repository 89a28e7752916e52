"""Sign-up, login and logout."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from account.models import User

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse 9"


def sign_up(client: Client, **changes: str):
    fields = {"email": "Ann@Example.com", "name": "Ann", "password1": PASSWORD, "password2": PASSWORD}
    return client.post("/account/sign-up/", fields | changes)


def test_signing_up_makes_an_account_and_logs_in(client: Client) -> None:
    response = sign_up(client)
    assert (response.status_code, response["Location"]) == (302, "/account/profile/")
    page = client.get("/account/profile/")
    assert "Welcome! Your account is ready." in page.text
    assert "ann@example.com" in page.text


def test_an_address_has_one_account_however_it_is_spelled(client: Client) -> None:
    User.objects.create_user("ann@example.com", PASSWORD)
    response = sign_up(client, email="ANN@example.COM")
    assert "There is an account with this address." in response.text
    assert User.objects.count() == 1


def test_of_two_clicks_the_second_one_is_told_that_the_account_is_there(client: Client, monkeypatch) -> None:
    User.objects.create_user("ann@example.com", PASSWORD)
    # Both requests pass the checks before the first one is saved.
    monkeypatch.setattr(User, "validate_unique", lambda _self, **_given: None)
    monkeypatch.setattr(User, "validate_constraints", lambda _self, **_given: None)
    response = sign_up(client)
    assert (response.status_code, User.objects.count()) == (200, 1)
    assert "There is an account with this address." in response.text


def test_the_database_itself_refuses_a_second_spelling() -> None:
    User.objects.create_user("ann@example.com", PASSWORD)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.bulk_create([User(email="ANN@example.com")])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"email": "no address"}, "Enter a valid email address."),
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


def test_a_member_is_not_asked_to_sign_up_again(client: Client) -> None:
    client.force_login(User.objects.create_user("ann@example.com", PASSWORD))
    assert client.get("/account/sign-up/")["Location"] == "/account/profile/"


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


def test_cookies_are_secure(client: Client) -> None:
    sign_up(client)
    for cookie in (client.cookies["sessionid"], client.get("/account/login/") and client.cookies["csrftoken"]):
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")

"""Home page and error pages."""

import pytest
from django.test import Client, RequestFactory

from account.models import User
from core import errors


@pytest.mark.django_db
def test_home_shows_movies_with_one_query_and_sets_no_cookie(client: Client, django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        response = client.get("/")
    assert "The Passion of Joan of Arc" in response.text
    assert not response.cookies


@pytest.mark.django_db
def test_pages_carry_no_inline_script_or_style(client: Client) -> None:
    for address in ("/", "/account/login/", "/account/sign-up/", "/account/password/reset/", "/nothing/"):
        page = client.get(address).text
        assert "<style" not in page, address
        assert "style=" not in page, address
        assert "<script" not in page, address


def test_a_visitor_without_tls_is_sent_on_to_it(client: Client, settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    answer = client.get("/api/movies/?page=2")
    assert (answer.status_code, answer["Location"]) == (301, "https://testserver/api/movies/?page=2")


def test_an_unknown_address_gets_the_page_for_it(client: Client) -> None:
    response = client.get("/nothing/")
    assert response.status_code == 404
    assert "There is nothing at this address." in response.text


def test_an_unknown_host_is_refused_without_repeating_it(client: Client) -> None:
    response = client.get("/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert "evil.example" not in response.text


def test_a_crash_shows_a_page_that_needs_no_database(rf: RequestFactory) -> None:
    response = errors.server_error(rf.get("/"))
    assert (response.status_code, "Something went wrong here." in response.text) == (500, True)


@pytest.mark.django_db
def test_an_error_page_asks_the_database_nothing(client: Client, django_assert_num_queries) -> None:
    client.force_login(User.objects.create_user("ann@example.com", "correct horse 9"))
    with django_assert_num_queries(0):
        assert client.get("/nothing/").status_code == 404


def test_a_crash_below_the_api_answers_in_json(rf: RequestFactory) -> None:
    assert b'"status": 500' in errors.server_error(rf.get("/api/movies/")).content


def test_a_form_from_another_site_is_refused_with_advice() -> None:
    response = Client(enforce_csrf_checks=True).post("/account/login/", {})
    assert response.status_code == 403
    assert "came from another site" in response.text


@pytest.mark.django_db
def test_only_what_is_the_same_for_everyone_may_be_kept_by_caches(client: Client) -> None:
    for address in ("/", "/api/movies/", "/api/movies/1"):
        assert client.get(address)["Cache-Control"] == "public, max-age=0, s-maxage=1", address
    for address in ("/account/login/", "/account/sign-up/", "/api/movies/none", "/api/movies/?page=0", "/nothing/"):
        assert "public" not in client.get(address).get("Cache-Control", ""), address
    client.force_login(User.objects.create_user("ann@example.com", "correct horse 9"))
    for address in ("/", "/account/profile/"):
        assert "public" not in client.get(address).get("Cache-Control", ""), address

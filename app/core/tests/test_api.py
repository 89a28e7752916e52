"""The movies API."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_movie_1_comes_out_of_the_database(client: Client) -> None:
    movie = client.get("/api/movies/1").json()
    assert (movie["id"], movie["title"], movie["year"]) == (1, "A Trip to the Moon", 1902)


def test_the_list_is_paged_and_names_its_neighbours(client: Client) -> None:
    first = client.get("/api/movies/?page_size=5").json()
    assert (first["count"], first["page"], first["pages"], len(first["results"])) == (12, 1, 3, 5)
    assert first["previous"] is None
    second = client.get(first["next"]).json()
    assert second["previous"] == "http://testserver/api/movies/?page_size=5&page=1"
    ids = [movie["id"] for page in (first, second, client.get(second["next"]).json()) for movie in page["results"]]
    assert ids == list(range(1, 13))


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("genre=horror", {"The Cabinet of Dr. Caligari", "Nosferatu"}),
        ("year=1926", {"The Adventures of Prince Achmed", "The General"}),
        ("year_from=1927&year_to=1927", {"Metropolis", "Sunrise"}),
        ("q=murnau", {"Nosferatu", "Sunrise"}),
        ("q=murnau&genre=drama", {"Sunrise"}),
        ("q=%25", set()),
    ],
)
def test_filters_narrow_the_list(client: Client, query: str, titles: set[str]) -> None:
    assert {movie["title"] for movie in client.get(f"/api/movies/?{query}").json()["results"]} == titles


def test_the_order_can_be_turned_and_ties_are_settled_by_id(client: Client) -> None:
    found = client.get("/api/movies/?order=-year").json()["results"]
    assert [(movie["year"], movie["id"]) for movie in found] == sorted(
        ((movie["year"], movie["id"]) for movie in found), key=lambda pair: (-pair[0], pair[1])
    )


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=0", "page"),
        ("page=two", "page"),
        ("page_size=101", "page_size"),
        ("year=soon", "year"),
        ("order=price", "order"),
        ("colour=red", "query"),
        ("page=1&page=2", "query"),
        ("q=a%00b", "q"),
    ],
)
def test_a_wrong_query_is_refused_with_its_reason(client: Client, query: str, field: str) -> None:
    response = client.get(f"/api/movies/?{query}")
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["status"] == 400
    assert list(error["fields"]) == [field]


def test_a_page_past_the_end_is_not_found(client: Client) -> None:
    response = client.get("/api/movies/?page=9")
    assert (response.status_code, response.json()["error"]["message"]) == (
        404,
        "There is no page 9; the last one is 1.",
    )


@pytest.mark.parametrize("movie_id", ["99", "9223372036854775807", "9223372036854775808", "9" * 5000])
def test_a_movie_that_is_not_there_is_not_found(client: Client, movie_id: str) -> None:
    response = client.get(f"/api/movies/{movie_id}")
    assert response.status_code == 404
    assert response.json()["error"]["message"].startswith("There is no movie 9")


@pytest.mark.parametrize("movie_id", ["0", "-1", "one", "1.0", "²", "%00", "1'--"])
def test_an_id_that_is_no_number_is_a_bad_request(client: Client, movie_id: str) -> None:
    response = client.get(f"/api/movies/{movie_id}")
    assert (response.status_code, response.json()["error"]["status"]) == (400, 400)


def test_an_unknown_address_of_the_api_answers_in_json(client: Client) -> None:
    response = client.get("/api/directors/")
    assert response.json() == {"error": {"status": 404, "message": "There is nothing at this address."}}


@pytest.mark.parametrize("address", ["/api/movies/", "/api/movies/1"])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_the_api_can_only_be_read(address: str, method: str) -> None:
    # As programs ask, which have no form's token.
    response = getattr(Client(enforce_csrf_checks=True), method)(address)
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")
    assert response.json() == {"error": {"status": 405, "message": "The API can only be read: GET and HEAD."}}


def test_a_page_of_movies_costs_two_queries(client: Client, django_assert_num_queries) -> None:
    with django_assert_num_queries(2):
        client.get("/api/movies/?page_size=5")

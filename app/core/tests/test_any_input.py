"""Generated input: no crash, and JSON errors from the API."""

import posixpath

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.django_db
FREE = settings(
    max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
NAMES = ("page", "page_size", "year", "year_from", "year_to", "genre", "q", "order", "other")
VALUES = st.one_of(st.text(max_size=20), st.integers().map(str), st.sampled_from(["title", "-year", "1926", "\0", "٣"]))


@FREE
@given(query=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4))
def test_any_query_is_answered_or_refused_in_json(client: Client, query: dict[str, str]) -> None:
    answer = client.get("/api/movies/", query)
    assert answer.status_code in {200, 400, 404}
    body = answer.json()
    assert ("results" in body) is (answer.status_code == 200)
    if answer.status_code != 200:
        assert body["error"]["status"] == answer.status_code


@FREE
@given(movie=st.text(min_size=1, max_size=30).filter(lambda text: "/" not in text and text not in {".", ".."}))
def test_any_id_of_a_movie_is_answered_in_json(client: Client, movie: str) -> None:
    answer = client.get("/api/movies/" + movie.replace("%", "%25").replace("?", "%3F").replace("#", "%23"))
    assert answer.status_code in {200, 400, 404}
    assert answer["Content-Type"] == "application/json"


@FREE
@given(parts=st.lists(st.sampled_from(["public", "private", "..", ".", "", "1", "a.txt", "%2e%2e", "\\"]), max_size=6))
def test_no_path_below_public_leads_out_of_it(client: Client, parts: list[str]) -> None:
    path = "/".join(["public", *parts])
    answer = client.get(f"/media/{path}")
    assert answer.status_code in {200, 301, 404}
    if answer.status_code == 200:
        assert posixpath.normpath(answer["X-Accel-Redirect"]).startswith("/-/media/volume/public/")

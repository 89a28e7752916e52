"""The generated DATABASE_URL and the application's reader agree."""

from hypothesis import given
from hypothesis import strategies as st

from django_hosting import service_urls
from infra.data.database_urls import CA_BUNDLE, PORT, database_url

HOST = "database.c1a2b3.us-east-1.rds.amazonaws.com"
TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1)


@given(name=TEXT, role=TEXT, password=TEXT)
def test_the_application_reads_what_the_stack_writes(name: str, role: str, password: str) -> None:
    found = service_urls.database(database_url(HOST, name, role, password))
    assert found.server == service_urls.Server(HOST, PORT, role, password)
    assert found.name == name
    assert found.options == {"sslmode": "verify-full", "sslrootcert": CA_BUNDLE}


def test_letters_and_digits_stand_as_they_are() -> None:
    wanted = f"postgres://films_app_1:aB3@{HOST}:5433/films?sslmode=verify-full&sslrootcert={CA_BUNDLE}"
    assert database_url(HOST, "films", "films_app_1", "aB3") == wanted

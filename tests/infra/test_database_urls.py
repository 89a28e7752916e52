from urllib.parse import parse_qs, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from infra.database_urls import APPLICATION_GROUP, OWNER, application_role, database_url

LONGEST_NAME = 63
"""PostgreSQL cuts off the rest of a longer one."""


def test_the_url_asks_for_the_servers_certificate_and_its_name() -> None:
    url = urlsplit(database_url("db.example", "preqly_app_1", "secret"))
    assert (url.scheme, url.hostname, url.port, url.path) == ("postgres", "db.example", 5433, "/preqly")
    assert (url.username, url.password) == ("preqly_app_1", "secret")
    assert parse_qs(url.query) == {"sslmode": ["verify-full"], "sslrootcert": ["/etc/ssl/certs/rds-global-bundle.pem"]}


@given(one=st.integers(1, 1_000_000), other=st.integers(1, 1_000_000))
def test_no_two_generations_share_a_role_and_none_is_the_owner_or_the_group(one: int, other: int) -> None:
    assert (application_role(one) == application_role(other)) is (one == other)
    assert application_role(one) not in (OWNER, APPLICATION_GROUP)
    assert len(application_role(one)) <= LONGEST_NAME

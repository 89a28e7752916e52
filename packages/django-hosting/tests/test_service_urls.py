"""URLs with credentials: read exactly as they were encoded, or refused without repeating a part of them."""

import ast
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_hosting import host_names, mail, service_urls
from django_hosting.environment import django_database
from django_hosting.service_urls import Server, UrlError

# Every character but control characters and surrogates, which have no UTF-8.
TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1)
ASCII = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1)
PORT = st.integers(1, 65535)
HOST = st.sampled_from(["mail", "smtp.example.net", "my_mail", "192.0.2.1", "2001:db8::1", "xn--mnchen-3ya.example"])


def encoded(server: Server) -> str:
    host = f"[{server.host}]" if ":" in server.host else server.host
    return f"{quote(server.user, safe='')}:{quote(server.password, safe='')}@{host}:{server.port}"


@given(scheme=st.sampled_from(service_urls.SMTP), server=st.builds(Server, HOST, PORT, ASCII, ASCII))
def test_django_gets_exactly_the_mail_server_that_was_encoded(scheme: str, server: Server) -> None:
    found = mail.settings(service_urls.mail(f"{scheme}://{encoded(server)}"))
    assert found == {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": server.host,
        "EMAIL_PORT": server.port,
        "EMAIL_HOST_USER": server.user,
        "EMAIL_HOST_PASSWORD": server.password,
        "EMAIL_USE_TLS": scheme == "smtp+tls",
        "EMAIL_USE_SSL": scheme == "smtp+ssl",
    }


@given(server=st.builds(Server, HOST, PORT, TEXT, TEXT), name=TEXT, root=ASCII)
def test_django_gets_exactly_the_database_that_was_written(server: Server, name: str, root: str) -> None:
    options = {"sslmode": "verify-full", "sslrootcert": root}
    found = django_database(service_urls.database(service_urls.postgres_url(server, name, options)))
    assert found == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "HOST": server.host,
        "PORT": server.port,
        "USER": server.user,
        "PASSWORD": server.password,
        "OPTIONS": {"connect_timeout": 5, **options},
    }


READERS = {
    "smtp+tls://ann:{}@mail.example:587": service_urls.mail,
    "postgres://ann:{}@mail.example:587/films": service_urls.database,
}


@given(form=st.sampled_from(sorted(READERS)), password=st.text(min_size=1) | st.text("/?#@:%[]0a. ", min_size=1))
def test_a_password_as_it_is_never_moves_host_port_or_user(form: str, password: str) -> None:
    try:
        server = READERS[form](form.format(password)).server
    except UrlError:
        return
    assert server == Server("mail.example", 587, "ann", unquote(password))


@given(form=st.sampled_from(sorted(READERS)), password=st.text("/?#@%[] \u00e9\n", max_size=3))
def test_a_refusal_repeats_no_part_of_the_url(form: str, password: str) -> None:
    said = ""
    try:
        READERS[form](form.format(f"hunter2{password}").replace("ann", "annhunter2"))
    except UrlError as refused:
        said = str(refused)
    assert "hunter2" not in said
    assert "mail.example" not in said


REFUSED = [
    ("smtp+tls://ann:pass/word@mail.example:587", "/ is %2F"),
    ("smtp+tls://ann:12/3@mail.example:587", "/ is %2F"),
    ("smtp+tls://ann@films.example:12/3@mail.example:587", "/ is %2F"),
    ("smtp+tls://ann:12#3@mail.example:587", "# is %23"),
    ("smtp+tls://ann:pass?word@mail.example:587", "? is %3F"),
    ("smtp+tls://ann:pass@word@mail.example:587", "@ is %40"),
    ("smtp+tls://ann:50%@mail.example:587", "% is %25"),
    ("smtp+tls://ann:pass word@mail.example:587", "percent-encoded"),
    ("smtp+tls://ann:%FF@mail.example:587", "UTF-8"),
    ("smtp+tls://ann:secret%0A@mail.example:587", "line end"),
    ("smtp+tls://ann:secret@mail.example:587\n", "a port that is no number"),
    ("smtp+tls://ann:%C3%A9@mail.example:587", "not ASCII"),
    ("smtp+tls://ann:secret@mail.example", "names no port"),
    ("smtp+tls://ann:secret@mail.example:", "a port that is no number"),
    ("smtp+tls://ann:secret@mail.example:5a7", "a port that is no number"),
    ("smtp+tls://ann:secret@mail.example:\u0665", "a port that is no number"),
    ("smtp+tls://ann:secret@mail.example:0", "from 1 to 65535"),
    ("smtp+tls://ann:secret@mail.example:70000", "from 1 to 65535"),
    ("smtp+tls://ann:secret@:587", "no host"),
    ("smtp+tls://ann:secret@mail example:587", "no host name"),
    ("smtp+tls://ann:secret@mail..example:587", "no host name"),
    ("smtp+tls://ann:secret@192.0.2:587", "no IP address"),
    ("smtp+tls://ann:secret@2001:db8::1:587", "brackets"),
    ("smtp+tls://ann:secret@[2001:db8::z]:587", "no IP address"),
    ("smtp+tls://ann:secret@[fe80::1%25eth0]:587", "zone"),
    ("smtp+tls://:secret@mail.example:587", "empty user"),
    ("smtp+tls://ann:@mail.example:587", "empty password"),
    ("smtp+tls://ann@mail.example:587", "a user without a password"),
    ("smtp+tls://ann:secret@mail.example:587/box", "a path"),
    ("smtp+tls://ann:secret@mail.example:587?ssl=1", "an option"),
    ("smtp+tls:ann:secret@mail.example:587", "does not begin with"),
    ("smtps://ann:secret@mail.example:465", "smtp+ssl://"),
    ("SMTP+TLS://ann:secret@mail.example:587", "does not begin with"),
    ("ses://eu-west-1", "alone"),
    ("unset://?", "alone"),
    ("filemail://tmp/mail", "absolute path"),
    ("filemail:///", "absolute path"),
    ("", "does not begin with"),
]


@pytest.mark.parametrize(("url", "why"), REFUSED, ids=[case[0] for case in REFUSED])
def test_a_mail_url_is_refused_with_the_reason(url: str, why: str) -> None:
    with pytest.raises(UrlError) as refused:
        service_urls.mail(url)
    assert why in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("smtp+tls://ann:a:b@MAIL.example:587/", Server("mail.example", 587, "ann", "a:b")),
        ("smtp+ssl://ann%40films:p%2Fw@mail.example:465", Server("mail.example", 465, "ann@films", "p/w")),
        ("smtp://mail:25", Server("mail", 25, "", "")),
        ("smtp+tls://ann:secret+1@[2001:DB8::1]:2525", Server("2001:db8::1", 2525, "ann", "secret+1")),
    ],
)
def test_a_mail_server_is_read(url: str, wanted: Server) -> None:
    assert service_urls.mail(url).server == wanted


@pytest.mark.parametrize(("url", "folder"), [("filemail:///mail/a%20b", "/mail/a b"), ("filemail:////mail", "/mail")])
def test_a_folder_for_mail_is_an_absolute_path(url: str, folder: str) -> None:
    assert service_urls.mail(url).folder == folder


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("postgres://ann:pass/word@db:5432/films", "/ is %2F"),
        ("postgres://ann:pass#word@db:5432/films", "# is %23"),
        ("postgres://ann:pass@word/1?sslmode=require&application_name=@db:5432/films", "? is %3F"),
        ("postgres://ann:pass@word@db:5432/films", "@ is %40"),
        ("postgres://ann:secret@db:5432", "names no database"),
        ("postgres://ann:secret@db:5432/", "names no database"),
        ("postgres://ann:secret@db:5432/films/1", "percent-encoded"),
        ("postgres://db:5432/films", "no user"),
        ("postgres://ann:@db:5432/films", "empty password"),
        ("postgres:///films", "no host"),
        ("postgres://ann:secret@one,two:5432/films", "no host name"),
        ("postgres://ann:secret@db:5432/films?sslmode", "name=value"),
        ("postgres://ann:secret@db:5432/films?sslmode=verify_full", "verify-full"),
        ("postgres://ann:secret@db:5432/films?sslmode=require&sslmode=disable", "twice"),
        ("postgres://ann:secret@db:5432/films?connect_timeout=soon", "number of seconds"),
        ("mysql://ann:secret@db:3306/films", "does not begin with"),
        ("sqlite://films", "neither"),
    ],
)
def test_a_database_url_is_refused_with_the_reason(url: str, why: str) -> None:
    with pytest.raises(UrlError) as refused:
        service_urls.database(url)
    assert why in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "name"), [("sqlite://:memory:", ":memory:"), ("sqlite:///a.db", "a.db"), ("sqlite:////data/a", "/data/a")]
)
def test_sqlite_is_for_tests_and_the_build(url: str, name: str) -> None:
    assert django_database(service_urls.database(url)) == {"ENGINE": "django.db.backends.sqlite3", "NAME": name}


def test_the_port_of_postgresql_may_be_left_out() -> None:
    assert service_urls.database("postgresql://ann@db/films").server == Server("db", 5432, "ann", "")


def test_a_printed_server_has_no_password() -> None:
    assert "secret" not in repr(Server("db", 5432, "ann", "secret"))


@pytest.mark.parametrize("module", [service_urls, host_names])
def test_the_module_needs_nothing_but_the_standard_library(module: Any) -> None:
    tree = ast.parse(Path(module.__file__).read_text())
    imported = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    imported += [str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert imported
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names

"""What the proxy is told at its start: certificates, and variables that it refuses."""

import ssl
import subprocess

import pytest

from tests.docker.stand import Site, client, docker, eventually, write_certificates

pytestmark = pytest.mark.containers

PID, UPSTREAM = "/tmp/nginx/nginx.pid", "/tmp/nginx/upstream.conf"  # noqa: S108 - inside the container


def test_a_certificate_that_is_given_is_used(network: Site) -> None:
    write_certificates(network.folder, "app.test")
    key = network.folder / "db.key"
    key.chmod(0o644)
    volume = ("--volume", f"{network.folder}:/tls:ro")
    _, _, tls = network.proxy(*volume, TLS_CERTIFICATE="/tls/db.pem", TLS_KEY="/tls/db.key")
    with client(tls) as visitor:
        assert eventually(lambda: visitor.get("/").status_code == 200)
    served = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("localhost", tls)))
    assert served == ssl.PEM_cert_to_DER_cert((network.folder / "db.pem").read_text())


def test_old_versions_of_tls_are_refused(network: Site) -> None:
    _, _, tls = network.proxy()
    with client(tls) as visitor:
        assert eventually(lambda: visitor.get("/").status_code == 200)
    for version, accepted in (("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)):
        command = ["openssl", "s_client", "-connect", f"localhost:{tls}", version, "-cipher", "DEFAULT@SECLEVEL=0"]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        assert (done.returncode == 0) is accepted, version


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [
        ("UPSTREAM", "web", "'web' is not host:port"),
        ("UPSTREAM", "a:1; } evil {", "is not host:port"),
        ("TRUSTED_PROXIES", "everyone", "'everyone' is neither an address nor a network"),
        ("PAGE_CACHE", "10m", "'10m' is neither true nor false"),
        ("REDIRECT_HOSTS", "a.test,b;return", "'b;return' is not a host name"),
        ("SHUTDOWN_SECONDS", "soon", "'soon' is not a number of seconds from 1 to 999"),
        ("TLS_CERTIFICATE", "/none.pem", "'/none.pem' cannot be read"),
    ],
)
def test_a_wrong_variable_is_one_clear_line(network: Site, variable: str, value: str, problem: str) -> None:
    proxy = network.run("proxy", "--env", f"{variable}={value}")
    assert docker("wait", proxy).stdout.strip() == "1"
    (line,) = docker("logs", proxy).stderr.splitlines()
    assert line.startswith(f"Environment variable {variable}: ")
    assert problem in line
    assert f"Example: {variable}=" in line


def test_without_variables_it_looks_for_the_application_beside_it(network: Site) -> None:
    proxy = network.run("proxy")
    assert eventually(lambda: docker("exec", proxy, "test", "-s", PID, check=False).returncode == 0)
    assert docker("exec", proxy, "cat", UPSTREAM).stdout == "server 127.0.0.1:8005 max_fails=0;\n"

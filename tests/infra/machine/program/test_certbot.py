"""How certbot is asked; what it does with that is seen in tests/local/cloud/machine/test_certificate.py."""

import stat
from pathlib import Path
from typing import Any

import pytest

from infra.machine.program import certbot, shell
from infra.machine.program.certbot import NoCertificateError
from infra.machine.program.errors import MachineError
from infra.machine.program.machine import Machine
from tests.infra.machine.program.pairs import pair
from tests.infra.machine.program.releases import RELEASE

ACCOUNT = {"acme.test/directory/0a1b/private_key.json": '{"kty": "RSA"}'}


class Certbot:
    """Does what the real one does to its folders."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.command: tuple[str, ...] = ()
        self.environment: dict[str, str] = {}
        self.accounts: dict[str, str] = {}
        self.mode = ""
        self.fails = False
        monkeypatch.setattr(shell, "run", self.run)

    def run(self, *command: str, what: str, environment: dict[str, str], **_: Any) -> str:
        self.command, self.environment = command, environment
        config = Path(command[command.index("--config-dir") + 1])
        self.mode = stat.filemode(config.parent.stat().st_mode)
        accounts = config / "accounts"
        self.accounts = {str(path.relative_to(accounts)): path.read_text() for path in accounts.rglob("*.json")}
        if self.fails:
            raise MachineError(f"{what}: exit code 1")
        live = config / "live" / "site"
        live.mkdir(parents=True)
        (live / "fullchain.pem").write_text(pair("app.preqly.com").certificate)
        (live / "privkey.pem").write_text(pair("app.preqly.com").key)
        (accounts / "acme.test").mkdir(parents=True, exist_ok=True)
        (accounts / "acme.test" / "meta.json").write_text("{}")
        return ""


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Certbot:
    return Certbot(monkeypatch)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(region="r", bucket="b", parameter="/p", log_group="app", memory=tmp_path)


def test_certbot_asks_for_the_releases_hosts_by_dns_from_the_account_that_is_kept(
    program: Certbot, machine: Machine
) -> None:
    issued = certbot.ask(machine, RELEASE, ACCOUNT)
    assert program.accounts == ACCOUNT
    assert program.command[:2] == ("certbot", "certonly")
    options = list(zip(program.command, program.command[1:], strict=False))
    for option in (
        ("--server", "https://acme.test/directory"),
        ("--domain", "app.preqly.com"),
        ("--preferred-challenges", "dns"),
        ("--manual-auth-hook", "/usr/local/sbin/preqly prove Z1"),
        ("--manual-cleanup-hook", "/usr/local/sbin/preqly unprove Z1"),
    ):
        assert option in options
    assert issued.pair == pair("app.preqly.com")
    assert issued.accounts == {**ACCOUNT, "acme.test/meta.json": "{}"}


def test_keys_are_in_memory_for_root_alone_and_gone_afterwards(program: Certbot, machine: Machine) -> None:
    certbot.ask(machine, RELEASE, {})
    assert program.mode == "drwx------"
    for option in ("--config-dir", "--work-dir", "--logs-dir"):
        assert Path(program.command[program.command.index(option) + 1]).is_relative_to(machine.memory)
    assert list(machine.memory.iterdir()) == []


def test_a_request_that_fails_names_server_and_hosts_and_leaves_nothing(program: Certbot, machine: Machine) -> None:
    program.fails = True
    said = r"^https://acme\.test/directory gave no certificate for app\.preqly\.com"
    with pytest.raises(NoCertificateError, match=said) as failure:
        certbot.ask(machine, RELEASE, ACCOUNT)
    assert failure.value.accounts == ACCOUNT
    assert list(machine.memory.iterdir()) == []


def test_no_key_is_on_the_command_line(program: Certbot, machine: Machine) -> None:
    certbot.ask(machine, RELEASE, ACCOUNT)
    assert "kty" not in " ".join(program.command)
    assert list(program.environment) == ["PREQLY_CHANGES"]

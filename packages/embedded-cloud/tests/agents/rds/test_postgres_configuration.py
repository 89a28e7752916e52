"""PostgreSQL's configuration files."""

import base64
import subprocess
from pathlib import Path

import pytest

from embedded_cloud.agents.rds.postgres import configuration


def test_the_verifier_follows_the_standard() -> None:
    # The example of RFC 7677, section 3: user "user", password "pencil".
    verifier = configuration.scram_verifier("pencil", base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ=="))
    assert verifier == (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
        "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [("rds.force_ssl", "1"), ("port", "1"), ("ssl", "off"), ("shared_buffers", "{DBInstanceClassMemory/32768}")],
)
def test_settings_that_the_cloud_decides_are_omitted(name: str, value: str) -> None:
    assert configuration.parameters_conf({name: value, "work_mem": "8MB"}) == "work_mem = '8MB'\n"


def test_values_cannot_close_their_quotes() -> None:
    assert configuration.parameters_conf({"work_mem": "1'\nssl = off"}) == "work_mem = '1''\nssl = off'\n"
    assert "\\set master 'o''brien'\n" in configuration.roles_sql("o'brien", "v", None)


def test_the_start_script_is_valid_for_the_shell(tmp_path: Path) -> None:
    script = tmp_path / "start.sh"
    script.write_text(configuration.START_SCRIPT)
    assert subprocess.run(["sh", "-n", str(script)], check=False).returncode == 0

"""docs/embedded-cloud.md says what the code of the embedded cloud declares."""

from pathlib import Path

from embedded_cloud.emulation import with_table

DOCUMENT = Path(__file__).parents[2] / "docs" / "embedded-cloud.md"


def test_the_table_of_services_is_the_present_one() -> None:
    fix = "write it again: the command stands above the table"
    assert DOCUMENT.read_text() == with_table(DOCUMENT.read_text()), fix

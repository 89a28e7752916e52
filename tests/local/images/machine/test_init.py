"""What an embedded instance does before its user data runs."""

from pathlib import Path

from local.images.machine.init import trust


def test_the_clouds_authority_is_trusted_beside_the_others_however_often_the_machine_starts(tmp_path: Path) -> None:
    authority, bundle = tmp_path / "authority.pem", tmp_path / "bundle.crt"
    authority.write_text("the cloud's own\n")
    bundle.write_text("everybody else's\n")
    for _ in range(2):
        trust(authority, bundle)
    assert bundle.read_text().split("\n\n") == ["everybody else's", "the cloud's own\n"]

"""What the machine fetches is named by its content."""

import hashlib
import io
import zipfile

from infra.machine.archive import program_archive, release_archive


def test_the_program_is_named_by_its_content_and_comes_out_the_same_every_time() -> None:
    archive = program_archive()
    assert archive.key == f"programs/{hashlib.sha256(archive.content).hexdigest()}.zip"
    assert program_archive() == archive


def test_the_program_holds_every_module_under_its_package() -> None:
    names = zipfile.ZipFile(io.BytesIO(program_archive().content)).namelist()
    assert {"program/__init__.py", "program/__main__.py", "program/keeper.py"} <= set(names)


def test_another_release_has_another_name() -> None:
    assert release_archive("{}").key != release_archive('{"version": 1}').key

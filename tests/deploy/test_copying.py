"""A backup that could not be made leaves nothing that a patient is in, and promises nothing."""

import sqlite3
from pathlib import Path

import pytest

from deploy.backup import CannotBackUp, make
from deploy.data_folder import DataFolder


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    """A data folder of which some databases have gone."""
    folder = DataFolder(tmp_path / "data")
    with folder.held():
        folder.mint()
    folder.payload_keys.write_text("{}")
    sqlite3.connect(folder.temporal_database).execute("CREATE TABLE said (word)")
    return folder


def test_half_a_backup_is_put_away(folder: DataFolder, tmp_path: Path) -> None:
    with pytest.raises(CannotBackUp, match=r"coordination.db could not be copied"):
        make(folder, tmp_path / "backups" / "monday", None)

    assert list((tmp_path / "backups").iterdir()) == []


def test_keys_are_not_said_to_be_sealed_where_one_is_missing(
    folder: DataFolder, tmp_path: Path
) -> None:
    folder.payload_keys.unlink()

    with pytest.raises(CannotBackUp, match=r"payload-keys.json is not in"):
        make(folder, tmp_path / "tuesday", "a passphrase that nobody guesses")

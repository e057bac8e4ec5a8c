"""Fixtures shared by all tests."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The shared development recordings; a test that wants them is skipped where they are absent."""
    folder = Path(os.environ.get("PTALKER_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
    if not (folder / "speech" / "index.csv").is_file():
        pytest.skip("the shared recordings are not here (set PTALKER_DATA)")
    return folder

"""``ptalker bake --head``: a file, or the name of a head that ships."""

from __future__ import annotations

from pathlib import Path

import pytest

from ptalker_blender.commands.bake import head_file
from ptalker_blender.errors import UserError
from ptalker_blender.rig.head import head_path, list_heads


@pytest.mark.parametrize("name", list_heads())
def test_a_bare_name_is_a_head_that_ships(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    assert head_file(Path(name)) == head_path(name)


def test_a_file_goes_before_a_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("default").write_bytes(b"mine")
    assert head_file(Path("default")) == Path("default")


@pytest.mark.parametrize("given", ["nobody", "default.npz", "folder/default", "nowhere.obj"])
def test_neither_is_refused_with_the_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as refusal:
        head_file(Path(given))
    assert given in refusal.value.found and "default" in refusal.value.expected

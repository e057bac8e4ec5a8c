"""The repository as a whole: what a clone must hold, what must not be in it. Import rules are in tests/extension."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import tomllib
import wave
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LISTED = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
TRACKED = [ROOT / name for name in LISTED.stdout.split("\0") if name and (ROOT / name).is_file()]
MODULES = [path for path in TRACKED if path.suffix == ".py" and "tests" not in path.relative_to(ROOT).parts]
# Folders of one machine, put together so that this file does not hold them itself.
MACHINE = re.compile(r"(?<![\w.~])/(?:" + "|".join(("work", "root", "tmp", "home", "Users", "mnt")) + r")/[\w.]")
BINARY = {".wav", ".npz", ".png", ".mp4", ".safetensors", ".flac", ".zip"}

needs_git = pytest.mark.skipif(not TRACKED, reason="not a git checkout")


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@needs_git
def test_no_path_of_one_machine_is_tracked():
    """A folder that only the author's machine has would make the clone work there alone."""
    found = []
    for path in TRACKED:
        if path.suffix in BINARY:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if MACHINE.search(line):
                found.append(f"{relative(path)}:{number}: {line.strip()[:80]}")
    assert found == []


@needs_git
def test_every_module_says_what_it_is():
    assert len(MODULES) > 80
    trees = {relative(path): ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}
    assert [name for name, tree in trees.items() if not ast.get_docstring(tree)] == []


@needs_git
def test_modules_stay_short_enough_to_read():
    lengths = {relative(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {name: lines for name, lines in lengths.items() if lines >= 400} == {}


@needs_git
def test_the_root_is_never_a_test_package():
    """With an ``__init__.py`` under tests, pytest would import the root, which is the extension and needs Blender."""
    assert [
        relative(path) for path in TRACKED if path.name == "__init__.py" and relative(path).startswith("tests/")
    ] == []


def test_manifest_texts_pass_blenders_review():
    """Blender's platform refuses a tagline that is long or ends in punctuation, and vague permissions."""
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    for text in (manifest["tagline"], manifest["name"], *manifest["permissions"].values()):
        assert 0 < len(text) <= 64
        assert text[-1].isalnum()


def commands(text: str) -> set[str]:
    """Targets of ``make`` in the fenced blocks of a page."""
    blocks = "\n".join(re.findall(r"^```\n(.*?)^```", text, re.S | re.M))
    return set(re.findall(r"^make ([a-z-]+)", blocks, re.M))


def test_readme_commands_exist_and_ci_runs_its_tests():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    named = commands((ROOT / "README.md").read_text(encoding="utf-8"))
    assert {"demo", "test"} <= named <= targets
    ci = ROOT / ".ci" / "run"
    assert "make test" in ci.read_text(encoding="utf-8")
    assert os.access(ci, os.X_OK)


def test_links_of_the_pages_lead_somewhere():
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    links = [
        (page, link) for page in pages for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    ]
    assert links
    broken = [f"{relative(page)}: {link}" for page, link in links if not (page.parent / link).exists()]
    assert broken == []


def test_licences_are_there_in_full():
    gpl = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "GNU GENERAL PUBLIC LICENSE" in gpl
    assert "Version 3" in gpl
    assert len(gpl) > 30_000
    assert "CC0-1.0" in (ROOT / "weights" / "LICENSE").read_text(encoding="utf-8")


@pytest.mark.parametrize("script", ["tools/setup.sh", ".ci/run"])
def test_shell_scripts_parse(script):
    done = subprocess.run(["bash", "-n", str(ROOT / script)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_demonstration_line_is_short_and_labelled_to_its_end():
    folder = ROOT / "assets" / "demo"
    with wave.open(str(folder / "line.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        seconds = file.getnframes() / file.getframerate()
    assert seconds <= 5.0
    words = json.loads((folder / "line.phone.json").read_text(encoding="utf-8"))["w"]
    phones = [phone for word in words for phone in word["w"]]
    assert {"m", "b", "f", "v", "dh", "uw", "ow"} <= {phone["t"] for phone in phones}
    edges = [(phone["b"], phone["b"] + phone["d"]) for phone in phones]
    assert edges[0][0] == 0.0
    assert [end for _, end in edges[:-1]] == pytest.approx([start for start, _ in edges[1:]])
    assert edges[-1][1] == pytest.approx(seconds, abs=0.01)

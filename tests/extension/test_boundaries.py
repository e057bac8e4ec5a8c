"""What the architecture forbids, read from the source: bpy outside its places, torch outside the engine's."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
BLENDER = {"bpy", "aud", "mathutils", "bpy_extras", "bmesh", "gpu", "addon_utils"}
# What Blender's own Python lacks; only code that runs in the worker may import it when it is itself imported.
HEAVY = {"torch", "scipy", "transformers", "soundfile", "safetensors"}
NETWORK = {"socket", "ssl", "http", "urllib", "ftplib", "smtplib", "xmlrpc", "webbrowser", "requests", "aiohttp"}
OURS = ("__init__.py", "properties.py", "preferences.py", "operators", "panels", "translations")
BLENDER_SIDE = [*OURS, "ptalker_blender/scene"]


def sources(*places: str) -> list[Path]:
    found = []
    for place in places:
        path = ROOT / place
        found += [path] if path.is_file() else sorted(path.rglob("*.py"))
    return found


def imports(tree: ast.AST):
    """Every absolute import as (top-level module, node)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name.split(".")[0], node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0], node


def type_checking_lines(tree: ast.AST) -> set[int]:
    """Lines under ``if TYPE_CHECKING``, which never run."""
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            lines |= set(range(node.lineno, node.end_lineno + 1))
    return lines


def ids(paths: list[Path]) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in paths]


SHIPPED = sources(*OURS, "ptalker_blender")
NO_BPY = [path for path in sources("ptalker_blender") if "scene" not in path.relative_to(ROOT).parts]


@pytest.mark.parametrize("path", NO_BPY, ids=ids(NO_BPY))
def test_bpy_stays_in_its_places(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    quiet = type_checking_lines(tree)
    assert [m for m, node in imports(tree) if m in BLENDER and node.lineno not in quiet] == []


def test_nothing_that_ships_can_phone():
    """What the preferences say: nothing is sent, nothing is downloaded."""
    calling = {path.name: {name for name, _ in imports(parse(path))} & NETWORK for path in SHIPPED}
    assert {name: found for name, found in calling.items() if found} == {}


@pytest.mark.parametrize("path", SHIPPED, ids=ids(SHIPPED))
def test_what_ships_imports_itself_relatively(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [m for m, _ in imports(tree) if m in {"ptalker_blender", "operators", "panels", "preferences"}] == []


def module_file(path: Path, node: ast.ImportFrom) -> list[Path]:
    """Files a relative import may load, packages on the way included."""
    base = path.parent
    for _ in range(node.level - 1):
        base = base.parent
    base = base.joinpath(*(node.module or "").split("."))
    candidates = [base.with_suffix(".py"), base / "__init__.py"]
    for alias in node.names:
        candidates += [base / f"{alias.name}.py", base / alias.name / "__init__.py"]
    return [candidate for candidate in candidates if candidate.is_file()]


def at_import(tree: ast.Module):
    """Nodes that run when a module is imported: no function bodies, nothing under ``if TYPE_CHECKING``."""
    queue: list[ast.AST] = list(tree.body)
    while queue:
        node = queue.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            queue += node.orelse
            continue
        yield node
        queue += ast.iter_child_nodes(node)


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def relative_targets(path: Path, nodes) -> list[Path]:
    relative = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.level]
    return [found for node in relative for found in module_file(path, node)]


def loaded_by(start: list[Path]) -> dict[Path, Path]:
    """Files that importing ``start`` loads, each with the file that asked for it."""
    seen = {path: path for path in start}
    queue = list(start)
    while queue:
        path = queue.pop()
        for found in relative_targets(path, at_import(parse(path))):
            if found not in seen:
                seen[found] = path
                queue.append(found)
    return seen


def test_blender_never_loads_what_its_python_lacks():
    """Follow the imports of the Blender side, those inside its functions too, through the package."""
    start = sources(*BLENDER_SIDE)
    called = [found for path in start for found in relative_targets(path, ast.walk(parse(path)))]
    loaded = loaded_by([*start, *called])
    guilty = {}
    for path, by in loaded.items():
        names = {name for node in at_import(parse(path)) for name, _ in _own_imports(node)}
        if names & HEAVY:
            guilty[path.relative_to(ROOT).as_posix()] = (names & HEAVY, by.relative_to(ROOT).as_posix())
    assert guilty == {}
    for expected in ("engine/client.py", "motion/reduce.py", "rig/head.py", "style/library.py"):
        assert ROOT / "ptalker_blender" / expected in loaded  # the walk did reach what Blender uses


def _own_imports(node: ast.AST):
    return imports(node) if isinstance(node, ast.Import | ast.ImportFrom) else ()


def test_manifest_agrees_with_the_package():
    version = ast.parse((ROOT / "ptalker_blender/__init__.py").read_text(encoding="utf-8"))
    values = [n.value.value for n in version.body if isinstance(n, ast.Assign) and n.targets[0].id == "__version__"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert values == [MANIFEST["version"]] == [project["version"]]
    assert list(MANIFEST["permissions"]) == ["files"]
    assert len(MANIFEST["tagline"]) <= 64


def test_no_local_file_reaches_the_scene_or_the_path():
    """Neither sys.path edits nor ``__file__`` on the Blender side: an add-on's folder is not its own."""
    for path in sources(*BLENDER_SIDE):
        text = path.read_text(encoding="utf-8")
        assert "sys.path" not in text, path
        assert "__file__" not in text, path

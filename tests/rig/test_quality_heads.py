"""Every head that ships passes every check of its keys; what does not yet is listed by name with its figure."""

from functools import cache

import pytest

from ptalker_blender.rig.head import default_head_path, load_head
from ptalker_blender.rig.quality.anatomy import make_anatomy
from ptalker_blender.rig.quality.eyes import eye_checks
from ptalker_blender.rig.quality.locality import locality_checks
from ptalker_blender.rig.quality.mouth import close_check, contact_checks
from ptalker_blender.rig.quality.sums import sum_checks
from ptalker_blender.rig.quality.symmetry import mirror_checks
from ptalker_blender.rig.quality.volume import volume_checks

QUICK = (mirror_checks, locality_checks, close_check, volume_checks)
LONG = (eye_checks, contact_checks, sum_checks)
HEADS = sorted(default_head_path().parent.glob("*.npz"))

# To be mended by whoever makes the keys, and then taken off this list. Figures: the head of commit a2adeef / the file
# being redesigned in the working tree on the day this was written (sha256 494426de66b52675...); "ok" is a pass there.
KNOWN = {
    ("default_head", locality_checks): {
        **{f"locality: mouthSmile{side}": "0.37 mm / 0.29 mm for 0.1" for side in ("Left", "Right")},
        **{f"locality: mouthFrown{side}": "ok mm / 0.23 mm for 0.1" for side in ("Left", "Right")},
        **{f"locality: mouthStretch{side}": "ok mm / 0.30 mm for 0.1" for side in ("Left", "Right")},
        **{f"locality: mouthPress{side}": "ok mm / 0.21 mm for 0.1" for side in ("Left", "Right")},
        **{f"locality: mouthLowerDown{side}": "ok mm / 0.40 mm for 0.1" for side in ("Left", "Right")},
        **{f"locality: mouthUpperUp{side}": "ok mm / 0.14 mm for 0.1" for side in ("Left", "Right")},
        **{f"locality: browDown{side}": "0.24 mm / 0.41 mm for 0.1" for side in ("Left", "Right")},
        **{f"locality: browOuterUp{side}": "0.23 mm / 0.14 mm for 0.1" for side in ("Left", "Right")},
        "locality: cheekPuff": "0.11 mm / ok for 0.1",
    },
    ("default_head", volume_checks): {"volume: lips": "68.6 % / 60.5 % for 25 %"},
    ("default_head", eye_checks): {
        "blink: gap left": "ok / 0.51 mm for 0.3",
        "blink: eyeball through lids": "0.57 mm / 0.94 mm for 0.05",
        "contact: lid on lid": "4.05 mm / 1.37 mm for 0.5",
    },
    ("default_head", contact_checks): {
        "contact: lip on lip": "1.40 mm / 1.41 mm for 0.5",
        "contact: lips on upper teeth": "1.56 mm / 4.08 mm for 0.5",
        "contact: lips on lower teeth": "ok / 1.56 mm for 0.5",
        "contact: tongue on lower teeth": "4.41 mm / 4.68 mm for 0.5",
    },
    ("default_head", sum_checks): {
        "sums: flipped triangles": "0.97 % / 1.42 % for 0.2 %",
        "sums: longest edge": "12.1 / 13.5 times for 6",
    },
}


@cache
def measured(path, family):
    """Checks by name; shared, since a family takes seconds."""
    return {check.name: check for check in family(make_anatomy(load_head(path)))}


def cases():
    for path in HEADS:
        for family in (*QUICK, *LONG):
            marks = [pytest.mark.slow] if family in LONG else []
            yield pytest.param(path, family, id=f"{path.stem}-{family.__name__}", marks=marks)


def known_cases():
    for (stem, family), names in KNOWN.items():
        path = default_head_path().with_name(f"{stem}.npz")
        for name, reason in names.items():
            marks = [pytest.mark.xfail(strict=False, reason=reason), *([pytest.mark.slow] if family in LONG else [])]
            yield pytest.param(path, family, name, id=f"{stem}-{name}", marks=marks)


@pytest.mark.parametrize(("path", "family"), list(cases()))
def test_shipped_head_passes(path, family):
    found = measured(path, family)
    known = KNOWN.get((path.stem, family), {})
    assert found and known.keys() <= found.keys()
    assert {name: f"{c.measured:.3g} {c.unit}: {c.detail}" for name, c in found.items() if not c.passed} == {
        name: f"{found[name].measured:.3g} {found[name].unit}: {found[name].detail}"
        for name in known
        if not found[name].passed
    }


@pytest.mark.parametrize(("path", "family", "name"), list(known_cases()))
def test_known_failure_is_mended(path, family, name):
    check = measured(path, family)[name]
    assert check.passed, f"{check.measured:.3g} {check.unit}, at most {check.tolerance:.3g}: {check.detail}"

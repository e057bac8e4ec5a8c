"""Every head that ships passes every check of its keys."""

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


@cache
def measured(path, family):
    """Checks by name; shared, since a family takes seconds."""
    return {check.name: check for check in family(make_anatomy(load_head(path)))}


def cases():
    for path in HEADS:
        for family in (*QUICK, *LONG):
            marks = [pytest.mark.slow] if family in LONG else []
            yield pytest.param(path, family, id=f"{path.stem}-{family.__name__}", marks=marks)


@pytest.mark.parametrize(("path", "family"), list(cases()))
def test_shipped_head_passes(path, family):
    found = measured(path, family)
    assert found
    failed = {name: f"{c.measured:.3g} {c.unit}: {c.detail}" for name, c in found.items() if not c.passed}
    assert failed == {}

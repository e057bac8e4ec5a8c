"""What a take was made from: enough to make it again, the same to the key. Standard library only."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from .. import __version__
from .messages import BakeJob


def provenance(job: BakeJob, audio_sha256: str, weights_sha256: str) -> dict[str, Any]:
    """Describe a take as JSON values: the job, the hashes of what it read, and the version that did it."""
    # JSON has no tuples; equal after a round trip this way.
    fields = {**asdict(job), "tables": list(job.tables)}
    if job.style_range is not None:
        fields["style_range"] = list(job.style_range)
    return {**fields, "audio_sha256": audio_sha256, "weights_sha256": weights_sha256, "version": __version__}

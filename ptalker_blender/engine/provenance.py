"""What a take was made from: enough to make it again, the same to the key. Standard library only."""

from __future__ import annotations

from typing import Any

from .. import __version__
from .messages import BakeJob, plain_fields
from .style_messages import RestyleJob, summary


def provenance(job: BakeJob, audio_sha256: str, weights_sha256: str) -> dict[str, Any]:
    """Describe a take as JSON values: the job, the hashes of what it read, and the version that did it."""
    # JSON has no tuples; equal after a round trip this way.
    fields = {**plain_fields(job), "tables": list(job.tables)}
    fields |= {"performance": summary(job.performance), "mix_performance": summary(job.mix_performance)}
    if job.style_range is not None:
        fields["style_range"] = list(job.style_range)
    return {**fields, "audio_sha256": audio_sha256, "weights_sha256": weights_sha256, "version": __version__}


def restyle_provenance(job: RestyleJob, weights_sha256: str) -> dict[str, Any]:
    """Describe a restyled take as JSON values, as `provenance` does; ``restyled`` is the motion it was made of."""
    manner = job.manner
    return {
        "restyled": summary(job.source),
        "style": manner.style,
        "style_range": None if manner.style_range is None else list(manner.style_range),
        "performance": summary(manner.performance),
        "mix": manner.mix,
        "mix_performance": summary(manner.mix_performance),
        "mix_share": manner.mix_share,
        "strength": manner.strength,
        "seed": manner.seed,
        "style_fps": manner.style_fps,
        "mix_fps": manner.mix_fps,
        "upper_face": job.upper_face,
        "weights": job.weights,
        "device": job.device,
        "fps": job.fps,
        "keys": job.keys,
        "key_error": job.key_error,
        "tables": list(job.tables),
        "weights_sha256": weights_sha256,
        "version": __version__,
    }

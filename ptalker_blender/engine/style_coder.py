"""Style codes at inference: from a performance, a library entry, a mix of them, or the driving audio alone."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from ..errors import UserError
from ..model.fusion import fuse
from ..model.motion_style import CLIP_FRAMES, PERFORMANCE_FPS
from ..model.network import Network
from ..model.sound import Sound
from ..motion.resample import resample_motion
from ..style.code import StyleCode
from ..style.mix import Style, parts_of
from ..style.performance import Performance


class StyleCoder:
    """Draws style codes. Every one is moved away from the mean manner by a strength: 0 is that manner, 1 the style.

    Args:
        network: ready to evaluate.
        weights_sha256: of the file the network was loaded from; a stored code counts only if made by the same.
    """

    def __init__(self, network: Network, weights_sha256: str) -> None:
        self._network, self._weights_sha256 = network, weights_sha256

    @torch.inference_mode()
    def of_style(self, style: Style, strength: float) -> Tensor:
        """Code [1, D] of a performance, or the mean of several by their shares.

        Raises:
            UserError: a performance without a frame at 25 Hz, or with a code that does not fit.
        """
        codes = [share * self._of_performance(performance) for performance, share in parts_of(style)]
        return self._scaled(torch.stack(codes).sum(0), strength)

    @torch.inference_mode()
    def of_voice(self, sound: Sound, strength: float) -> Tensor:
        """Codes [B, D] of windows of the driving audio."""
        return self._scaled(self._network.style_of_voice(sound), strength)

    @torch.inference_mode()
    def with_code(self, performance: Performance) -> Performance:
        """The performance with the code this network draws from it.

        Raises:
            UserError: a performance without a frame at 25 Hz.
        """
        code = self._encoded(performance)[0].float().cpu().numpy()
        return replace(performance, code=StyleCode(code, self._weights_sha256))

    def _scaled(self, code: Tensor, strength: float) -> Tensor:
        mean = self._network.mean_style
        return mean + strength * (code - mean)

    def _of_performance(self, performance: Performance) -> Tensor:
        """Code [1, D]: the stored one where these weights made it, else drawn from the motion."""
        stored, mean = performance.code, self._network.mean_style
        if stored is None or stored.weights_sha256 != self._weights_sha256:
            return self._encoded(performance)
        if stored.values.shape != mean.shape:
            raise UserError(
                f"the style '{performance.name}' has a code of {len(stored.values)} numbers",
                f"{len(mean)}, as these weights make it",
                "save the style again with `ptalker styles --save`",
            )
        return torch.from_numpy(stored.values)[None].to(mean.device)

    def _encoded(self, performance: Performance) -> Tensor:
        """Code [1, D] drawn from the motion: the mean over the fewest equal clips of at most 6 s.

        A library style whose identity is in the network's table also gets that performer's learned code.
        """
        network, device = self._network, self._network.mean_style.device
        values = resample_motion(performance.motion, PERFORMANCE_FPS).values
        if not len(values):
            raise UserError(
                f"the performance '{performance.name}' has no frames",
                "a second of motion",
                "choose another performance",
            )
        clips = np.array_split(values, math.ceil(len(values) / CLIP_FRAMES))
        codes = [network.style_of_motion(torch.from_numpy(clip)[None].to(device)) for clip in clips]
        code = torch.stack(codes).mean(0)
        if network.identity_style is not None and performance.identity in network.config.identities:
            identity = torch.tensor([network.config.identities.index(performance.identity)], device=device)
            code = fuse([code, network.style_of_identity(identity)])
        return code

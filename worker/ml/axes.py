"""Turn features into their principal axes, in which heads are fitted."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]

# Axes with less than this share of the largest variance are rounding noise of float32.
_NEGLIGIBLE = 1e-6


@dataclass(frozen=True, slots=True)
class Axes:
    """Hold features in their principal axes, which loses nothing: no solution leaves their span."""

    # float32 [n, r], columns orthogonal, the last one the longest, and the columns' square lengths, float32 [r].
    rows: Matrix
    spectrum: Matrix
    # float32 [d, r] and [d]: from the axes back to signed roots.
    back: Matrix
    mean: Matrix

    def plain(self, weights: Matrix, bias: Matrix) -> tuple[Matrix, Matrix]:
        """Return weights [d, k] and bias [k] on the signed roots of features from those in the axes, [r, k]."""
        outer: Matrix = self.back @ weights
        shifted: Matrix = bias - self.mean @ outer
        return outer, shifted


def rooted(features: Matrix) -> Matrix:
    """Return signed square roots: pooled activations are skewed, and a few large ones would drown the rest."""
    roots: Matrix = (np.sign(features) * np.sqrt(np.abs(features))).astype(np.float32)
    return roots


def principal_axes(roots: Matrix) -> Axes:
    """Centre the features, scale their mean square length to one and turn them into their principal axes."""
    mean = roots.mean(axis=0)
    centred = roots - mean
    scale = float(np.sqrt(np.square(centred).sum(axis=1).mean())) or 1.0
    centred /= scale
    if len(centred) <= centred.shape[1]:
        spectrum, left = np.linalg.eigh((centred @ centred.T).astype(np.float64))
        keep = spectrum > _NEGLIGIBLE * max(float(spectrum[-1]), _NEGLIGIBLE)
        right = centred.T @ (left[:, keep] / np.sqrt(spectrum[keep])).astype(np.float32)
    else:
        spectrum, vectors = np.linalg.eigh((centred.T @ centred).astype(np.float64))
        keep = spectrum > _NEGLIGIBLE * max(float(spectrum[-1]), _NEGLIGIBLE)
        right = vectors[:, keep].astype(np.float32)
    return Axes(centred @ right, spectrum[keep].astype(np.float32), right / np.float32(scale), mean)


def sigmoid(logits: Matrix) -> Matrix:
    """Return 1 / (1 + e^-x), written with tanh so that no exponent overflows."""
    probabilities: Matrix = (0.5 * (1 + np.tanh(0.5 * logits))).astype(np.float32)
    return probabilities


def softmax(logits: Matrix) -> Matrix:
    """Return e^x over its sum along the last axis; the largest is taken off first, so that none overflows."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities: Matrix = (raised / raised.sum(axis=-1, keepdims=True)).astype(np.float32)
    return probabilities

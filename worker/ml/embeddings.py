"""Turn images into what a frozen network sees in them, reading from the cache what is there."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from worker.ml.backbones import Backbone
from worker.ml.cache import SHARD, EmbeddingCache, Kept
from worker.ml.callbacks import Monitor, OnProgress, Progress, ShouldCancel, Stage, ignore_progress, never_cancel
from worker.ml.dataset import Item, run_over

__all__ = ["EmbeddingCache", "Features", "embed"]

Features = npt.NDArray[np.float32]


def embed(
    items: Sequence[Item],
    backbone: Backbone,
    cache: EmbeddingCache,
    on_progress: OnProgress = ignore_progress,
    should_cancel: ShouldCancel = never_cancel,
) -> Features:
    """Return the embeddings of images, float32 [n, d], reading from the cache what is there.

    Numbers are rounded to half precision whether they come from the cache or not, so both ways give the same.

    Raises:
        ImageUnreadableError: when a file is missing or damaged; what was computed before is kept.
        Cancelled: when asked to stop; what was computed before is kept.
        DiskFullError: when there is no room to keep embeddings.

    """
    monitor = Monitor(on_progress, should_cancel)
    monitor.check(force=True)
    unique = list({item.sha256: item for item in items}.values())
    hashes = [item.sha256 for item in unique]
    found, have = cache.get(backbone.identity, hashes)
    missing = [item for item, there in zip(unique, have, strict=True) if not there]
    monitor.report(Progress(Stage.EMBEDDING, len(unique) - len(missing), len(unique)))
    if missing:
        fresh = _compute(missing, len(unique), backbone, cache, monitor)
        if found is None:
            found = np.zeros((len(unique), fresh.shape[1]), dtype=np.float16)
        found[~have] = fresh
    if found is None:
        return np.zeros((0, 0), dtype=np.float32)
    place = {text: row for row, text in enumerate(hashes)}
    return found[[place[item.sha256] for item in items]].astype(np.float32)


def _compute(missing: Sequence[Item], total: int, backbone: Backbone, cache: EmbeddingCache, monitor: Monitor) -> Kept:
    """Run the network over images, putting the embeddings in the cache a file's worth at a time."""
    computed: list[Kept] = []
    kept = 0

    def keep() -> None:
        nonlocal kept
        done = np.concatenate(computed) if computed else np.zeros((0, 0), dtype=np.float16)
        cache.put(backbone.identity, [item.sha256 for item in missing[kept : len(done)]], done[kept:])
        kept = len(done)

    done = 0
    try:
        for features in run_over(missing, backbone.transform, backbone.views, backbone.device, backbone.network):
            # Half precision ends at 65504; features are some units, so this only guards against an odd network.
            computed.append(features.clip(-6e4, 6e4).astype(np.float16))
            done += len(computed[-1])
            if done - kept >= SHARD:
                keep()
            monitor.report(Progress(Stage.EMBEDDING, total - len(missing) + done, total))
    finally:
        # Neither a cancelled run nor one that met a damaged file throws away what it computed.
        keep()
    return np.concatenate(computed)

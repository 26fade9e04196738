"""Time what the quick recipe would take, by some of its images and rows."""

from collections.abc import Callable
from time import monotonic

import numpy as np

from app.domain.statuses import Split
from worker.ml.backbones import Backbone, choose_device, load_backbone
from worker.ml.cache import EmbeddingCache
from worker.ml.callbacks import Monitor
from worker.ml.embeddings import embed
from worker.ml.head import fit_head
from worker.ml.peaks import Peak
from worker.ml.train import Places, QuickConfig, TrainData, learned_rows
from worker.ml.trial_sums import Estimate, Part, PartKind, Sizes
from worker.ml.weights import weights_of

# So many images tell how long one takes; what is seen in them is kept, so that nothing of this is lost.
_IMAGES, _FIRST = 24, 4
# So many rows tell how long a head takes: beyond some hundred it grows with their number.
_ROWS = 600


def estimate_quick(
    data: TrainData, places: Places, config: QuickConfig, monitor: Monitor, say: Callable[[str], None]
) -> Estimate:
    """Time some images and a head on some rows, and reckon what a training takes; missing weights are fetched.

    Args:
        data: the images; files have to be there for the first `_IMAGES` that the cache does not know.
        places: where weights and embeddings are kept.
        config: how the training is to run.
        monitor: asked whether to stop.
        say: told what is timed: "embedding", "head".

    Raises:
        NothingToTrainError: where a training would not begin either.
        BackboneUnavailableError: when the pretrained weights cannot be had.
        Cancelled: when asked to stop.

    """
    data.check()
    learned, _notes = learned_rows(data)
    sizes = Sizes(int(learned.sum()), int(data.rows(Split.VALIDATION).sum()), len(data.items))
    names = list(dict.fromkeys((config.backbone, *config.more_backbones)))
    weights = weights_of(config.backbone, places.weights)
    device, cache = choose_device(places.device), EmbeddingCache(places.embeddings)
    parts: list[Part] = []
    width = parameters = 0
    with Peak() as peak:
        for name in names:
            network = load_backbone(name, places.weights, device=device)
            network = network.seeing(config.size, mirrored=config.flips)
            say("embedding")
            part, width = _embedding(data, network, cache, monitor)
            say("head")
            parts += [part, Part(PartKind.HEAD, sizes.train, _head_seconds(data, learned, width, config, monitor))]
            parameters += sum(parameter.numel() for parameter in network.network.parameters())
    head = _head_parameters(config, width, len(data.labels))
    return Estimate(parts, peak.memory, peak.graphics, parameters + head, head, weights, 0, sizes, device)


def _embedding(data: TrainData, network: Backbone, cache: EmbeddingCache, monitor: Monitor) -> tuple[Part, int]:
    """Return what looking at the images takes that the cache does not know, and how wide an embedding is."""
    unique = list({item.sha256: item for item in data.items}.values())
    found, have = cache.get(network.identity, [item.sha256 for item in unique])
    missing = [item for item, there in zip(unique, have, strict=True) if not there]
    if not missing and found is not None:
        return Part(PartKind.EMBEDDING, 0, 0.0), found.shape[1]
    first, timed = missing[:_FIRST], missing[_FIRST:_IMAGES]
    begun = monotonic()
    seen = embed(first, network, cache, should_cancel=monitor.should_cancel)
    seconds = (monotonic() - begun) / len(first)
    if timed:
        begun = monotonic()
        embed(timed, network, cache, should_cancel=monitor.should_cancel)
        seconds = (monotonic() - begun) / len(timed)
    return Part(PartKind.EMBEDDING, len(missing), seconds * len(missing)), seen.shape[1]


def _head_seconds(data: TrainData, learned: np.ndarray, width: int, config: QuickConfig, monitor: Monitor) -> float:
    """Return how long a head takes, from one that is fitted on numbers drawn by chance in their stead."""
    rows = np.flatnonzero(learned)[:_ROWS]
    features = np.random.default_rng(config.seed).random((len(rows), width), dtype=np.float32)
    begun = monotonic()
    fit_head(
        features,
        data.cells[rows],
        seed=config.seed,
        monitor=Monitor(should_cancel=monitor.should_cancel),
        config=config.head_config(data.labelling),
    )
    return (monotonic() - begun) * int(learned.sum()) / len(rows)


def _head_parameters(config: QuickConfig, width: int, labels: int) -> int:
    """Count the numbers of a head with its biases."""
    if config.head == "linear":
        return (width + 1) * labels
    return (width + 1) * config.hidden_units + (config.hidden_units + 1) * labels

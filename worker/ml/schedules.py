"""Take a network through the legs of a fine-tuning: freeze or unfreeze, find a rate, train one cycle."""

from typing import Any

from fastai.learner import Learner

from worker.ml.callbacks import Stage
from worker.ml.early_stop import EarlyStop
from worker.ml.finetune_config import FinetuneConfig
from worker.ml.legs import Leg, legs_of
from worker.ml.rates import search_rates
from worker.ml.reporter import Reporter
from worker.ml.resuming import Keeper


def train_stages(learner: Learner, reporter: Reporter, config: FinetuneConfig, keeper: Keeper) -> dict[str, Any]:
    """Train leg after leg; return for JSON which rates were used, and what the searches for them showed."""
    used: dict[str, float] = {}
    with learner.no_bar(), learner.no_logging():
        for place, leg in enumerate(legs_of(config)):
            if reporter.enough:
                break
            if place:
                keeper.at_boundary(learner, leg.before)
            if leg.is_frozen:
                learner.freeze()
            else:
                learner.unfreeze()
            earlier = next(reversed(used.values()), None)
            used[leg.stage.value] = rate = _rate(learner, reporter, config, keeper, leg, earlier)
            _cycle(learner, reporter, config, keeper, leg, rate)
    searches = {stage: keeper.found[_key(stage)] for stage in used if _key(stage) in keeper.found}
    return {"base_lr": next(iter(used.values())), "rates": used, "rate_searches": searches}


def _rate(
    learner: Learner, reporter: Reporter, config: FinetuneConfig, keeper: Keeper, leg: Leg, earlier: float | None
) -> float:
    """Return a leg's own rate: the one given, the one from the leg before it, or the one a search suggests."""
    given = config.base_lr if earlier is None else None
    if not leg.is_frozen and config.unfrozen_lr is not None:
        given = config.unfrozen_lr
    if given is not None:
        return given
    if earlier is not None and not config.find_again:
        return earlier
    reporter.start(Stage.FINDING_RATE)
    search = keeper.once(_key(leg.stage.value), lambda: search_rates(learner).to_dict())
    return float(search["suggestions"][config.rate_pick])


def _cycle(learner: Learner, reporter: Reporter, config: FinetuneConfig, keeper: Keeper, leg: Leg, rate: float) -> None:
    """Train one cycle, from where a lost worker left it."""
    if keeper.trained >= leg.before + leg.epochs:
        return
    reporter.start(leg.stage, leg.before)
    stop = EarlyStop(reporter, config.patience)
    if config.early_stopping and stop.is_due():
        # The lost worker had ended this leg already.
        keeper.at_boundary(learner, keeper.trained)
        return
    learner.fit_one_cycle(
        leg.epochs,
        lr_max=leg.rates(rate),
        pct_start=leg.rise,
        div=leg.div,
        cbs=[stop] if config.early_stopping else [],
        start_epoch=keeper.first_epoch(learner, leg.before),
    )


def _key(stage: str) -> str:
    """Return the name under which a search is kept."""
    return f"search_{stage}"

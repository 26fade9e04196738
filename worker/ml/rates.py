"""Look for a learning rate by a mock training."""

from fastai.callback.schedule import valley
from fastai.learner import Learner

# Batches in the mock training that looks for the learning rate. fastai's default of 100 would cost as much as nine
# epochs of 343 images; half as many give the same valley within the step of the search.
RATE_BATCHES = 50


def find_rate(learner: Learner) -> float:
    """Return the learning rate at the valley of a mock training; the network is as before afterwards."""
    return float(learner.lr_find(num_it=RATE_BATCHES, show_plot=False, suggest_funcs=(valley,)).valley)

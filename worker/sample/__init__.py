"""A collection drawn by Loupe itself, to try the whole loop on without bringing images."""

from worker.sample.collection import LABELS, PLANTED_ERRORS, SampleImage, draw_sample

__all__ = ["LABELS", "PLANTED_ERRORS", "SampleImage", "draw_sample"]

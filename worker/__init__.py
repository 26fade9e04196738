"""The workers: the only code that imports torch and fastai."""

"""Celery tasks, one file a queue; each claims its job, calls, records."""

"""What people can do, as functions on a session; the only place that selects from the database."""

"""What each kind of job does, between the database and the training code."""

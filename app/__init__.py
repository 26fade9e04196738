"""The web application: everything but the training stack."""

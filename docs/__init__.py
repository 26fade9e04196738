"""What makes the pictures of the documentation: run with `make screenshots`."""

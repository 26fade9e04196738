"""The commands of `loupe`, one noun a file; each as thin as a route."""

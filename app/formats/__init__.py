"""One file per form in which images and labels come in or go out."""

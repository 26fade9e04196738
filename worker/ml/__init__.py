"""Train and predict as a pure library: data and callbacks in, values out, no database and no broker."""

"""Hold the pure rules of Loupe: no input or output, no database, no training stack."""

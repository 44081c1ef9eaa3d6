"""Rules over any local input, whatever its kind."""

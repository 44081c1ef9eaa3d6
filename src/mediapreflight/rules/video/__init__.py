"""Rules over video."""

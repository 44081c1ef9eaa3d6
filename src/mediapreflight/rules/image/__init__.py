"""Rules over pictures."""

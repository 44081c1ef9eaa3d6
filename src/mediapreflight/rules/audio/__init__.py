"""Rules over recordings."""

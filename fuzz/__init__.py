"""Fuzzing: hostile and broken input for everything that reads what others wrote. See README.md."""

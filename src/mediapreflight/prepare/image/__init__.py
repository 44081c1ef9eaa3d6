"""Pictures: plans, their steps, and carrying them out."""

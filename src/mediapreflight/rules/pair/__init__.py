"""Rules over inputs together with other inputs, parameters and the region."""

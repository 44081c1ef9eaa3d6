"""Rules over inputs that must agree with each other, with parameters, and with the region."""

"""Rules over what must agree: inputs with each other, with parameters, and with the region."""

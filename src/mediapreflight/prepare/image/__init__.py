"""Pictures: the plan for one, the steps it is made of, and the making."""

"""Training: one step, the loop, its records, commands and state. It knows components through their base classes only."""

"""Training: step, loop, records, commands, state. Components are known through their base classes only."""

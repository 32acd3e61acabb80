"""Real processes, killed where it hurts."""

"""Pure sync: ops, chains, verdicts, the push and pull engine, and the reference device client."""

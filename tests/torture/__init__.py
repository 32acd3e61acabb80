"""The torture: people, phones and a server under every fault, against an oracle in plain dicts."""

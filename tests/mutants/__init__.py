"""Known bugs, put back one at a time: each must turn its guarding test red."""

"""Days of people in a real browser against a real server, over HTTPS and on a host name of its own."""

"""Sending events to receivers outside: what a message looks like in each form, and how it is posted safely.

Knows nothing of the database or Flask; what is sent when is `services.web_hook_queue`.
"""

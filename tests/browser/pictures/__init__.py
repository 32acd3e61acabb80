"""The guides' pictures, taken from the apps as they are: `python -m tests.browser.pictures`."""

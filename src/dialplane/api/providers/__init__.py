"""Providers: the carriers that calls are sent to."""

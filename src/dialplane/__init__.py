"""Dialplane: outbound call routing."""

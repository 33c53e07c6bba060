"""Revisions: every change, by whom, before and after."""

"""Dialroutes: which providers a call would try, in which order, and why."""

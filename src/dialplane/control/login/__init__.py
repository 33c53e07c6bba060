"""Logging in: passwords, sessions, access keys, and the actor that each of them stands for."""

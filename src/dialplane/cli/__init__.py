"""The command line: one file per verb group. It talks to a running Dialplane through the client."""

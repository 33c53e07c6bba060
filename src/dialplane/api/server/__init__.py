"""The API as a process: the HTTP server, what a connection may hold, and the log."""

"""The command line: `service` runs and maintains a Dialplane, `call` places a call through a running one."""

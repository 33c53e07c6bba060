"""Settings of the process that answers, as they are in effect."""

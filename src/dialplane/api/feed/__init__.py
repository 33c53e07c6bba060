"""The feed: what edges follow to keep their table fresh."""

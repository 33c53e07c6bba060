"""The event log: the one contract of what edges report. Kinds, writer, reader."""

"""The command line: one command a function. Rooms are imported inside commands, so that asking is quick."""

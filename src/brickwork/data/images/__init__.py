"""Images: decoding, modes, and what a file's first bytes say."""

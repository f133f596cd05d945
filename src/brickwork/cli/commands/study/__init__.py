"""Commands for whoever teaches or learns: a network beside its paper, and questions about it."""

"""The evaluate room: what a model file says about a data set, and about single images."""

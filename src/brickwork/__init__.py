"""Brickwork: the convolutional networks from LeNet to ResNet. Importing it does not import torch."""

"""From a network to the parts that are drawn: labels, one box for a convolution and its norm, folding, misfits."""

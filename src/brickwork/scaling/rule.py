"""The linear rule: learning rate and warm-up of large batches (Goyal et al. 2017, arXiv 1706.02677)."""

BASE_LR, BASE_BATCH = 0.1, 256  # SGD with momentum 0.9
WARMUP = 5  # epochs, from BASE_LR to the whole rate, where the batch is larger than BASE_BATCH
LARGEST = 8192  # images up to which the error stays as it is (their Fig. 1)
FEWEST = 16  # images with which batch norm is known to do well; they have 32


def linear_rate(batch: int) -> float:
    """The learning rate for a batch over all devices."""
    return BASE_LR * batch / BASE_BATCH


def warmup_epochs(batch: int) -> int:
    return WARMUP if batch > BASE_BATCH else 0


def is_past_rule(batch: int) -> bool:
    """Whether a batch is beyond those with which the rule was seen to hold."""
    return batch > LARGEST

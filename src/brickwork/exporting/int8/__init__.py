"""int8 with a budget: post-training quantisation whose drop of accuracy is judged on images that were held out."""

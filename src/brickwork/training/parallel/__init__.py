"""Training by several processes: what each of them computes, how their sums are taken, and who starts them."""

"""The loader: sampler, transforms, collate and workers, from a data set to batches on a device."""

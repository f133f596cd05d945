"""The loader: sampler, transforms, collate, workers."""

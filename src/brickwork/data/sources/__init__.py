"""Sources of images: folders, manifests, shards, idx files, Hugging Face."""

"""HTTP for machines: the channel API, providers' callbacks, media, downloads, health."""

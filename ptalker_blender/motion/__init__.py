"""The control set, motion over time, resampling, smoothing, key reduction and motion files."""

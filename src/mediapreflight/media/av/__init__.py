"""Sound and video: lengths, rates, frames and samples, read with PyAV or from the index of the file."""

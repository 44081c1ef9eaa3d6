"""What containers and codecs write in their headers, read from bytes without a decoder: one file per format."""

"""Sound and video: plans, their steps, and carrying them out with ffmpeg."""

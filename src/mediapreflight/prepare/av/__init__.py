"""Sound and video: the plan for one, the steps it is made of, and ffmpeg, which makes them."""

"""Rules over who is seen and heard: faces, bodies, voices. They read what level `content` measures."""

"""Rules over who is to be seen and heard: faces, bodies, voices. They read what level `content` measures."""

"""Work in processes of their own: the one pool of this Python process (`processes`), and what they may do (`confinement`).

May import: errors, system.
"""

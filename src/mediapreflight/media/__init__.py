"""What a file is: `probe(path)` returns facts, for good files and bad.

facts = probe("portrait.jpg")                       # every byte read: damage found, lengths measured
facts = probe("portrait.jpg", level="metadata")     # headers only

May import: errors, language, system.
"""

"""Beyond one machine: files that lie elsewhere (`remote`), and checks that run elsewhere (`ray`)."""

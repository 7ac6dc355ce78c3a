"""What the structure gate reads in a text: its form, its language, its numbers, and whether it gives its answer away."""

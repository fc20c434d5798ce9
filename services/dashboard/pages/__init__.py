"""What the pages show of a snapshot: words, numbers and charts, and the rendering of the part that lives."""

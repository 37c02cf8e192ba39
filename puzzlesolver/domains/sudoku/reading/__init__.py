"""What lines of text say of boards: cells, rows of them, and what stands between."""

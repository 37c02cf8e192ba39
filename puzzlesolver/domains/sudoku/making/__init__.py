"""How Sudokus are made: bred and told apart on plain 9×9, reduced from full boards elsewhere."""

"""What stands in a formula: adducts, dots, characters, and what is refused."""

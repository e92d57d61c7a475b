"""The notation of formulas: adducts, dots, characters, and what is refused."""

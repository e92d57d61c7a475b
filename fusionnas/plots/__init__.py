"""The parts of every picture: views, style, number formats, the periodic table."""

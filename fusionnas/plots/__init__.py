"""What every picture is made of: views, style, numbers in words, the periodic table."""

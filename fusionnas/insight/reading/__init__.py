"""Tables of how a trained network reads compounds; no plotting here."""

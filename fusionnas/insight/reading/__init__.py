"""What a trained network makes of compounds, as tables; knows no plotting."""

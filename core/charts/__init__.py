"""Plotly's figures of what core knows."""

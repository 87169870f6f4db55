"""The page: the only Gradio code besides app.py."""

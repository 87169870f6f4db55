"""What each workshop page does when something is pressed, a file a page, without Gradio."""

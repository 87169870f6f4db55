"""Every word of the page, in English and in Chinese, a file a page."""

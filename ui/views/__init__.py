"""The workshop pages as HTML, a file a page: pure functions over what `ui.pages` gives them."""

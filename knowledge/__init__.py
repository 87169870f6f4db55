"""Knowledge: documents become passages that can be searched and cited."""

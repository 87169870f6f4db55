"""The FastAPI shell around the page: health, guard, sign-in."""

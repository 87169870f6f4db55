"""Chat models behind one seam: local, built in, remote and scripted."""

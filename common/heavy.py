"""Heavy libraries are imported by one thread at a time.

torch and transformers are webs of modules that import each other. Where the embedder and the model are loaded by two threads at
once, Python breaks the circle of their import locks by handing one thread a module that is half there.
"""

import threading

IMPORTING = threading.RLock()
"""Hold it while you import torch, transformers or sentence_transformers, or do what makes them import more of themselves."""

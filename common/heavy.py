"""Heavy libraries are imported, and load models, in one thread at a time.

torch and transformers are webs of modules that import each other. Where the embedder and the model are loaded by two threads at
once, Python breaks the circle of their import locks by handing one thread a module that is half there. And while transformers
loads a model it replaces functions of its classes and of torch for the whole process (`no_tie_weights`, `no_init_weights`), so
that a second load beside it may end with weights that are not there.
"""

import threading

LOADING = threading.RLock()
"""Hold it while you import torch, transformers or sentence_transformers, and while these load a model."""

"""The progress bars of transformers: off, since the page, and `Progress`, say how far a load is.

Nothing here prints; it only turns off what would.
"""

from common.heavy import LOADING


def hide_bars() -> None:
    """Turn off every bar that loading a model or an embedder draws; imports transformers."""
    with LOADING:
        from transformers import modeling_gguf_pytorch_utils as gguf
        from transformers.utils import logging

    logging.disable_progress_bar()
    # The bar of GGUF files is tqdm's own, which the switch does not reach; this one is what the others go through.
    gguf.tqdm = logging.tqdm

"""Loads draw no progress bars: a contract with transformers, whose switch leaves out the bar of GGUF files."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

LOAD = """
import sys
from pathlib import Path

import gguf
import numpy as np
from transformers import AutoModelForCausalLM, GgufConfig

sizes = {"token_embd": (16, 32), "output_norm": (32,), "blk.0.attn_norm": (32,), "blk.0.ffn_norm": (32,)}
sizes |= {f"blk.0.attn_{part}": (32, 32) for part in ("q", "k", "v", "output")}
sizes |= {f"blk.0.ffn_{part}": (32, 32) for part in ("gate", "up", "down")}
file = Path(sys.argv[1]) / "tiny.gguf"
writer = gguf.GGUFWriter(file, "llama")
writer.add_block_count(1)
writer.add_context_length(64)
writer.add_embedding_length(32)
writer.add_feed_forward_length(32)
writer.add_head_count(2)
writer.add_head_count_kv(2)
writer.add_layer_norm_rms_eps(1e-5)
writer.add_vocab_size(16)
for name, size in sizes.items():
    writer.add_tensor(f"{name}.weight", np.zeros(size, np.float32))
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()


def load():
    settings = {"gguf_file": file.name, "quantization_config": GgufConfig(dequantize=True)}
    print(AutoModelForCausalLM.from_pretrained(file.parent, **settings).num_parameters())


load()
print("bars", file=sys.stderr, flush=True)
from assistant.models.bars import hide_bars

hide_bars()
load()
"""


def test_no_bar_is_drawn_while_a_gguf_file_is_read(tmp_path):
    # The commands that other tests run in this process switch bars off for themselves.
    environment = {name: value for name, value in os.environ.items() if name != "HF_HUB_DISABLE_PROGRESS_BARS"}
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(tmp_path)], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    drawn, _, after = done.stderr.partition("bars\n")
    assert "GGUF" in drawn
    assert "Loading weights" in drawn
    assert after == ""
    assert len(set(done.stdout.split())) == 1

"""A sentence-transformers model computed by OpenVINO, which is not installed with Hearth: `pip install openvino`.

The network is converted when it is loaded, in about a second; everything around it (tokens, pooling, prompts) stays as it was.
On a processor that multiplies in bfloat16 it does so. The vectors are then as near to those in float32 as torch's in bfloat16
(`SentenceEmbedder`), stand in one collection with them and bear the same name. The weights are held twice, since torch keeps its
own.
"""

import warnings
from typing import TYPE_CHECKING, Any

from common.errors import ModelMissing
from common.heavy import LOADING

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


def compute_with_openvino(model: "SentenceTransformer") -> None:
    """Let OpenVINO compute the network of a model that is on the processor. Raises `ModelMissing` where it cannot."""
    try:
        import openvino
    except ImportError as error:
        raise ModelMissing(
            "OpenVINO is not installed. Run: pip install openvino, or choose the embedder without openvino: in its name.",
            "没有安装 OpenVINO。请运行：pip install openvino，或者选择名字里没有 openvino: 的向量模型。",
        ) from error
    network = model[0].auto_model
    with LOADING, warnings.catch_warnings():
        # What tracing finds fixed (how attention is computed) is the same for texts of every length.
        warnings.simplefilter("ignore")
        try:
            example = dict(model.tokenizer(["one", "two words"], padding=True, return_tensors="pt"))
            network.config.return_dict, before = False, network.config.return_dict
            try:
                converted = openvino.convert_model(network, example_input=example)
            finally:
                network.config.return_dict = before
            core = openvino.Core()
            halves = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
            compiled = core.compile_model(converted, "CPU", {"INFERENCE_PRECISION_HINT": "bf16" if halves else "f32"})
        except (AttributeError, RuntimeError, TypeError, ValueError) as error:
            raise ModelMissing(
                f"OpenVINO cannot run this embedder ({type(error).__name__}). Choose it without openvino: in its name.",
                f"OpenVINO 无法运行这个向量模型（{type(error).__name__}）。请选择名字里没有 openvino: 的那一个。",
            ) from error
    names = [each.any_name for each in compiled.inputs]

    def forward(**features: Any) -> dict[str, Any]:
        states = compiled({name: features[name].numpy() for name in names})[0]
        return {"last_hidden_state": features["attention_mask"].float().new_tensor(states)}

    network.forward = forward

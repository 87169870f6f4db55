"""Tiny models of many kinds, random weights and all, saved by the real classes as a hub would have them: a folder each.

What they say is nonsense. That it comes out of the same code as a real model's is what the tests want.
"""

import io
import json

from tests.assistant.models.tiny import make_network, make_tokenizer

WORDS = """the a river water tea cat dog ada lovelace london works in where is good bad this text about sport music who what
河 水 茶 猫 狗 好 坏 我 在 天 气 不 错 北 京 。 , . : ? !"""
SIZES = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "max_position_embeddings": 96,
}
EYE = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "image_size": 32,
    "patch_size": 16,
}
SEEN = {"size": {"height": 32, "width": 32}}


def save(kind, folder):
    """Save the tiny model of a kind into a folder."""
    import torch

    torch.manual_seed(0)
    _MAKERS[kind](folder)
    return folder


def bert_tokenizer(folder):
    from transformers import BertTokenizer

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    return BertTokenizer(vocab={word: place for place, word in enumerate([*special, *WORDS.split()])}, model_max_length=96)


def _bert(kind, **changes):
    def make(folder):
        import transformers

        tokenizer = bert_tokenizer(folder)
        config = transformers.BertConfig(vocab_size=len(tokenizer), **SIZES, **changes)
        getattr(transformers, kind)(config).save_pretrained(folder)
        tokenizer.save_pretrained(folder)

    return make


def _chat(folder):
    tokenizer = make_tokenizer()
    make_network(tokenizer, max_position_embeddings=300).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _goes_on(folder):
    tokenizer = make_tokenizer()
    tokenizer.chat_template = None
    make_network(tokenizer, max_position_embeddings=160).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _bart(tokenizer, folder):
    from transformers import BartConfig, BartForConditionalGeneration

    layers = {f"{side}_{what}": size for side in ("encoder", "decoder") for what, size in _LAYERS.items()}
    config = BartConfig(
        vocab_size=len(tokenizer),
        d_model=32,
        max_position_embeddings=64,
        pad_token_id=0,
        bos_token_id=0,
        eos_token_id=2,
        decoder_start_token_id=2,
        forced_eos_token_id=2,
        **layers,
    )
    BartForConditionalGeneration(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


_LAYERS = {"layers": 1, "attention_heads": 2, "ffn_dim": 48}


def _rewrites(folder):
    tokenizer = make_tokenizer()
    tokenizer.chat_template = None
    _bart(tokenizer, folder)


def _translates_many(folder):
    tokenizer = make_tokenizer()
    tokenizer.chat_template = None
    tokenizer.add_tokens(["zho_Hans", "eng_Latn"])
    _bart(tokenizer, folder)


def _eye():
    from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

    return ViTImageProcessorPil(**SEEN)


def _sorts_pictures(folder):
    from transformers import ViTConfig, ViTForImageClassification

    config = ViTConfig(**EYE, id2label={0: "cat", 1: "river"}, label2id={"cat": 0, "river": 1})
    ViTForImageClassification(config).save_pretrained(folder)
    _eye().save_pretrained(folder)


def _labels_pictures(folder):
    from transformers import CLIPConfig, CLIPModel

    tokenizer = bert_tokenizer(folder)
    text = {**SIZES, "vocab_size": len(tokenizer), "pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3}
    CLIPModel(CLIPConfig(text_config=text, vision_config=EYE, projection_dim=16)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    _eye().save_pretrained(folder)


def _finds_objects(folder):
    from transformers import YolosConfig, YolosForObjectDetection
    from transformers.models.yolos.image_processing_pil_yolos import YolosImageProcessorPil

    config = YolosConfig(
        **{**EYE, "image_size": [32, 32]}, num_detection_tokens=4, id2label={0: "cat"}, label2id={"cat": 0}, num_labels=1
    )
    network = YolosForObjectDetection(config)
    network.class_labels_classifier.layers[-1].bias.data[0] = 9.0  # sure of what it sees
    network.save_pretrained(folder)
    YolosImageProcessorPil(size={"shortest_edge": 32, "longest_edge": 32}).save_pretrained(folder)


def _looks_for(folder):
    from transformers import OwlViTConfig, OwlViTForObjectDetection
    from transformers.models.owlvit.image_processing_pil_owlvit import OwlViTImageProcessorPil
    from transformers.models.owlvit.processing_owlvit import OwlViTProcessor

    tokenizer = make_tokenizer()
    tokenizer.model_max_length = 16
    tokenizer.pad_token = "<|endoftext|>"
    tokenizer.chat_template = None
    text = {**SIZES, "vocab_size": len(tokenizer), "max_position_embeddings": 16, "pad_token_id": 0}
    config = OwlViTConfig(text_config=text, vision_config=EYE, projection_dim=32)
    network = OwlViTForObjectDetection(config)
    network.class_head.logit_shift.bias.data[:] = 5.0
    network.save_pretrained(folder)
    seen = OwlViTImageProcessorPil(**SEEN, crop_size={"height": 32, "width": 32})
    OwlViTProcessor(image_processor=seen, tokenizer=tokenizer).save_pretrained(folder)


def _divides_pictures(folder):
    from transformers import SegformerConfig, SegformerForSemanticSegmentation
    from transformers.models.segformer.image_processing_pil_segformer import SegformerImageProcessorPil

    config = SegformerConfig(
        num_encoder_blocks=2,
        depths=[1, 1],
        sr_ratios=[2, 1],
        hidden_sizes=[16, 16],
        patch_sizes=[7, 3],
        strides=[4, 2],
        num_attention_heads=[1, 1],
        mlp_ratios=[2, 2],
        decoder_hidden_size=16,
        id2label={0: "sky", 1: "water"},
        label2id={"sky": 0, "water": 1},
    )
    SegformerForSemanticSegmentation(config).save_pretrained(folder)
    SegformerImageProcessorPil(**SEEN).save_pretrained(folder)


def _sees_depth(folder):
    from transformers import DPTConfig, DPTForDepthEstimation
    from transformers.models.dpt.image_processing_pil_dpt import DPTImageProcessorPil

    config = DPTConfig(
        **{**EYE, "num_hidden_layers": 4},
        backbone_out_indices=[0, 1, 2, 3],
        neck_hidden_sizes=[8, 8, 8, 8],
        reassemble_factors=[4, 2, 1, 0.5],
        fusion_hidden_size=8,
    )
    DPTForDepthEstimation(config).save_pretrained(folder)
    DPTImageProcessorPil(**SEEN).save_pretrained(folder)


def _blip(kind):
    def make(folder):
        import transformers
        from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil

        tokenizer = bert_tokenizer(folder)
        text = {
            **SIZES,
            "vocab_size": len(tokenizer),
            "encoder_hidden_size": 32,
            "projection_dim": 16,
            "bos_token_id": 2,
            "sep_token_id": 3,
            "eos_token_id": 3,
            "pad_token_id": 0,
        }
        config = transformers.BlipConfig(text_config=text, vision_config=EYE, projection_dim=16, image_text_hidden_size=16)
        getattr(transformers, kind)(config).save_pretrained(folder)
        transformers.BlipProcessor(BlipImageProcessorPil(**SEEN), tokenizer).save_pretrained(folder)

    return make


def _chooses_answers(folder):
    from transformers import ViltConfig, ViltForQuestionAnswering, ViltProcessor
    from transformers.models.vilt.image_processing_pil_vilt import ViltImageProcessorPil

    tokenizer = bert_tokenizer(folder)
    config = ViltConfig(**{**SIZES, **EYE}, vocab_size=len(tokenizer), id2label={0: "yes", 1: "no"}, label2id={"yes": 0, "no": 1})
    ViltForQuestionAnswering(config).save_pretrained(folder)
    seen = ViltImageProcessorPil(size={"shortest_edge": 32}, size_divisor=16)
    ViltProcessor(seen, tokenizer).save_pretrained(folder)


SEES_AND_TALKS = (
    "{% for message in messages %}{% for part in message.content %}"
    "{% if part.type == 'image' %}<image>{% else %}{{ part.text }}{% endif %}{% endfor %}{% endfor %}"
)


def _sees_and_talks(folder):
    from transformers import CLIPVisionConfig, LlamaConfig, LlavaConfig, LlavaForConditionalGeneration, LlavaProcessor

    tokenizer = make_tokenizer()
    tokenizer.add_tokens(["<image>"], special_tokens=True)
    tokenizer.chat_template = None
    text = LlamaConfig(**{**SIZES, "max_position_embeddings": 200}, num_key_value_heads=2, vocab_size=len(tokenizer))
    token = tokenizer.convert_tokens_to_ids("<image>")
    config = LlavaConfig(vision_config=CLIPVisionConfig(**EYE), text_config=text, image_token_id=token, vision_feature_layer=-1)
    LlavaForConditionalGeneration(config).save_pretrained(folder)
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    seen = CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    LlavaProcessor(
        seen,
        tokenizer,
        patch_size=16,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=SEES_AND_TALKS,
    ).save_pretrained(folder)


def _hears(folder):
    from transformers import Wav2Vec2Config, Wav2Vec2CTCTokenizer, Wav2Vec2FeatureExtractor, Wav2Vec2ForCTC, Wav2Vec2Processor

    letters = ["<pad>", "<s>", "</s>", "<unk>", "|", *"ABCDEFGHIJ"]
    (folder / "vocab.json").write_text(json.dumps({letter: place for place, letter in enumerate(letters)}))
    tokenizer = Wav2Vec2CTCTokenizer(folder / "vocab.json")
    config = Wav2Vec2Config(**_EAR, vocab_size=len(letters), pad_token_id=0)
    Wav2Vec2ForCTC(config).save_pretrained(folder)
    Wav2Vec2Processor(Wav2Vec2FeatureExtractor(), tokenizer).save_pretrained(folder)


_EAR = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "conv_dim": [16, 16],
    "conv_kernel": [10, 8],
    "conv_stride": [5, 64],
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 2,
    "classifier_proj_size": 16,
}


def _whispers(folder):
    from transformers import (
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
        WhisperProcessor,
        WhisperTokenizer,
    )

    letters = sorted(_bytes())
    vocab = {letter: place for place, letter in enumerate(letters)}
    tokenizer = WhisperTokenizer(vocab=vocab, merges=[])
    special = [
        "<|endoftext|>",
        "<|startoftranscript|>",
        "<|en|>",
        "<|zh|>",
        "<|translate|>",
        "<|transcribe|>",
        "<|notimestamps|>",
    ]
    tokenizer.add_tokens([*special, *(f"<|{tenth / 50:.2f}|>" for tenth in range(1501))], special_tokens=True)
    ids = dict(zip(special, tokenizer.convert_tokens_to_ids(special), strict=True))
    layers = {f"{side}_{what}": size for side in ("encoder", "decoder") for what, size in _LAYERS.items()}
    config = WhisperConfig(
        vocab_size=len(tokenizer),
        num_mel_bins=80,
        d_model=32,
        max_source_positions=1500,
        max_target_positions=64,
        pad_token_id=ids["<|endoftext|>"],
        bos_token_id=ids["<|endoftext|>"],
        eos_token_id=ids["<|endoftext|>"],
        decoder_start_token_id=ids["<|startoftranscript|>"],
        **layers,
    )
    network = WhisperForConditionalGeneration(config)
    network.generation_config.update(
        max_length=40,
        is_multilingual=True,
        lang_to_id={"<|en|>": ids["<|en|>"], "<|zh|>": ids["<|zh|>"]},
        task_to_id={"transcribe": ids["<|transcribe|>"], "translate": ids["<|translate|>"]},
        no_timestamps_token_id=ids["<|notimestamps|>"],
        alignment_heads=[[0, 0]],
        max_initial_timestamp_index=50,
        prev_sot_token_id=ids["<|startoftranscript|>"],
    )
    network.save_pretrained(folder)
    WhisperProcessor(WhisperFeatureExtractor(), tokenizer).save_pretrained(folder)


def _bytes():
    from tokenizers import pre_tokenizers

    return pre_tokenizers.ByteLevel.alphabet()


def _sorts_sounds(folder):
    from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2ForSequenceClassification

    config = Wav2Vec2Config(**_EAR, id2label={0: "rain", 1: "music"}, label2id={"rain": 0, "music": 1})
    Wav2Vec2ForSequenceClassification(config).save_pretrained(folder)
    Wav2Vec2FeatureExtractor().save_pretrained(folder)


def _speaks(folder):
    from transformers import VitsConfig, VitsModel, VitsTokenizer

    (folder / "vocab.json").write_text(json.dumps({letter: place for place, letter in enumerate("_ abcdefghijklmnopqrstuvwxyz")}))
    tokenizer = VitsTokenizer(
        folder / "vocab.json", pad_token="_", unk_token="_", language="eng", phonemize=False, is_uroman=False, normalize=True
    )
    config = VitsConfig(
        vocab_size=28,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        ffn_dim=16,
        flow_size=16,
        spectrogram_bins=9,
        upsample_initial_channel=16,
        upsample_rates=[8, 8],
        upsample_kernel_sizes=[16, 16],
        resblock_kernel_sizes=[3],
        resblock_dilation_sizes=[[1]],
        duration_predictor_num_flows=1,
        depth_separable_num_layers=1,
        posterior_encoder_num_wavenet_layers=1,
        prior_encoder_num_flows=1,
        prior_encoder_num_wavenet_layers=1,
        duration_predictor_filter_channels=16,
        sampling_rate=16_000,
    )
    VitsModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


_MAKERS = {
    "chat": _chat,
    "goes-on": _goes_on,
    "rewrites": _rewrites,
    "translates-many": _translates_many,
    "sorts-texts": _bert("BertForSequenceClassification", id2label={0: "good", 1: "bad"}, label2id={"good": 0, "bad": 1}),
    "entails": _bert(
        "BertForSequenceClassification",
        id2label={0: "entailment", 1: "neutral", 2: "contradiction"},
        label2id={"entailment": 0, "neutral": 1, "contradiction": 2},
    ),
    "names": _bert(
        "BertForTokenClassification", id2label={0: "B-PER", 1: "I-PER", 2: "B-LOC"}, label2id={"B-PER": 0, "I-PER": 1, "B-LOC": 2}
    ),
    "answers": _bert("BertForQuestionAnswering"),
    "fills": _bert("BertForMaskedLM"),
    "compares": _bert("BertModel"),
    "sorts-pictures": _sorts_pictures,
    "labels-pictures": _labels_pictures,
    "finds-objects": _finds_objects,
    "looks-for": _looks_for,
    "divides-pictures": _divides_pictures,
    "sees-depth": _sees_depth,
    "captions": _blip("BlipForConditionalGeneration"),
    "answers-about-pictures": _blip("BlipForQuestionAnswering"),
    "chooses-answers": _chooses_answers,
    "sees-and-talks": _sees_and_talks,
    "hears": _hears,
    "whispers": _whispers,
    "sorts-sounds": _sorts_sounds,
    "speaks": _speaks,
}


def png(size=(48, 40), colour=(200, 40, 30)):
    from PIL import Image

    file = io.BytesIO()
    picture = Image.new("RGB", size, colour)
    picture.paste((20, 40, 220), (0, 0, size[0] // 2, size[1] // 2))
    picture.save(file, "PNG")
    return file.getvalue()


def wav(seconds=1.0, rate=8000):
    import numpy as np

    from assistant.speech.base import Audio
    from assistant.speech.espeak import wav_bytes

    samples = np.sin(np.arange(int(seconds * rate)) * 440 * 2 * np.pi / rate).astype(np.float32) / 2
    return wav_bytes(Audio(samples, rate))

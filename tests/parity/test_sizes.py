"""Parameter counts, names and shapes of the published models."""

from __future__ import annotations

import pytest
import torch

from puzzlesolver.models.interface import RecursiveModel
from puzzlesolver.models.registry import build_model

SUDOKU = {"vocab_size": 11, "seq_len": 81}
MAZE = {"vocab_size": 6, "seq_len": 900}
MIXER = {"mlp_t": True, "pos_encodings": "none"}
ATTENTION = {"mlp_t": False, "pos_encodings": "rope"}

PUBLISHED = {
    "hrm-sudoku": ("hrm", SUDOKU, 27_275_266),
    "trm-mlp-sudoku": ("trm", SUDOKU | MIXER, 5_028_866),
    "trm-att-sudoku": ("trm", SUDOKU | ATTENTION, 6_828_034),
    "trm-mlp-maze": ("trm", MAZE | MIXER, 18_795_522),
    "rsm-sudoku": ("rsm", SUDOKU | MIXER | {"L_layers": 1}, 2_513_920),
    "rsm-maze": ("rsm", MAZE | ATTENTION | {"L_layers": 2}, 6_818_816),
}

ENDS = {
    "H_init": (512,),
    "L_init": (512,),
    "embed_tokens.embedding_weight": (11, 512),
    "puzzle_emb.weights": (1, 512),
}
HEADS = {"lm_head.weight": (11, 512), "q_head.weight": (2, 512), "q_head.bias": (2,)}
ATTENDING = {"self_attn.qkv_proj.weight": (1536, 512), "self_attn.o_proj.weight": (512, 512)}
MIXING = {"mlp_t.gate_up_proj.weight": (1024, 97), "mlp_t.down_proj.weight": (97, 512)}
CHANNELS = {"mlp.gate_up_proj.weight": (3072, 512), "mlp.down_proj.weight": (512, 1536)}

Shapes = dict[str, tuple[int, ...]]


def blocks(net: str, layers: int, leaves: Shapes) -> Shapes:
    return {
        f"{net}.layers.{layer}.{name}": shape
        for layer in range(layers)
        for name, shape in leaves.items()
    }


NAMES: dict[str, Shapes] = {
    "hrm-sudoku": ENDS
    | HEADS
    | blocks("H_level", 4, ATTENDING | CHANNELS)
    | blocks("L_level", 4, ATTENDING | CHANNELS),
    "trm-mlp-sudoku": ENDS | HEADS | blocks("L_level", 2, MIXING | CHANNELS),
    "trm-att-sudoku": ENDS | HEADS | blocks("L_level", 2, ATTENDING | CHANNELS),
    "rsm-sudoku": ENDS | blocks("core", 1, MIXING | CHANNELS),
}


def published(name: str) -> RecursiveModel:
    family, config, _ = PUBLISHED[name]
    with torch.device("meta"):
        return build_model(family, config)


@pytest.mark.parametrize("name", PUBLISHED)
def test_parameters_of_published_sizes(name: str) -> None:
    counted = sum(parameter.numel() for parameter in published(name).parameters())
    assert counted == PUBLISHED[name][2]


@pytest.mark.parametrize("name", NAMES)
def test_stored_tensors_have_the_published_names_and_shapes(name: str) -> None:
    stored = published(name).state_dict()
    assert {key: tuple(tensor.shape) for key, tensor in stored.items()} == NAMES[name]
    halves = {key for key, tensor in stored.items() if tensor.dtype == torch.bfloat16}
    assert halves == {"H_init", "L_init"}


@pytest.mark.parametrize("name", PUBLISHED)
def test_latents_and_puzzle_rows_are_not_parameters(name: str) -> None:
    trained = {key for key, _ in published(name).named_parameters()}
    assert not trained & {"H_init", "L_init", "puzzle_emb.weights"}


def test_the_published_hrm_file_has_as_many_numbers() -> None:
    stored = published("hrm-sudoku").state_dict()
    assert sum(tensor.numel() for tensor in stored.values()) == 27_276_802


def test_learned_positions_cover_the_prefix() -> None:
    with torch.device("meta"):
        model = build_model("hrm", SUDOKU | {"pos_encodings": "learned"})
    assert model.state_dict()["embed_pos.embedding_weight"].shape == (82, 512)

"""SE-RRM restated in plain numpy, float64, from the paper's equations.

In: weights under their published names and the puzzles as published ids. Out: the latent, logits
and the probability of being right after each outer step. Nothing here knows torch or the package.

Shape legend: B puzzles, V vocabulary, C cells, S = cells and appended tokens, D width, d head.

    >>> x = embed(weights, ids, vocabulary=11)
    >>> for z, logits, p in outer_steps(weights, settings, x, count=2):
    ...     print(logits.argmax(-1))
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tests.parity.reference import Array, Ids, Weights, swiglu

SPECIAL_TOKENS, SPECIAL_ADDED = "embed_special_tokens", "add_tokens_special"


@dataclass(frozen=True)
class Settings:
    """What cannot be read off the weights.

    Attributes:
        heads: of the attention over positions.
        heads_t: of the attention over symbols.
        H_cycles: outer cycles of a step.
        L_cycles: calls of the network in each.
        columns: of a board whose angles are by row and column; 0 = by position.
        rope: whether there are angles.
        theta: base of the rotation's frequencies.
        epsilon: of the norms.
    """

    heads: int
    heads_t: int
    H_cycles: int
    L_cycles: int
    columns: int
    rope: bool = True
    theta: float = 10_000.0
    epsilon: float = 1e-5


def rms_norm(s: Settings, x: Array) -> Array:
    return x / np.sqrt((x**2).mean(-1, keepdims=True) + s.epsilon)


def angles(s: Settings, cells: int, d: int) -> Array:
    """By which the pair (i, i + d/2) of each cell turns, `[C, d/2]`."""
    place = np.arange(cells)[:, None]
    if not s.columns:
        return place / s.theta ** (np.arange(d // 2) / (d // 2))
    slower = s.theta ** (np.arange(d // 4) / (d // 4))
    return np.concatenate([place // s.columns / slower, place % s.columns / slower], -1)


def rotate(x: Array, angle: Array) -> Array:
    """Turn `x[..., S, heads, d]` at its first positions, those that have an angle."""
    turned, rest = x[..., : len(angle), :, :], x[..., len(angle) :, :, :]
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    first, second = np.split(turned, 2, -1)
    turned = np.concatenate([first * cos - second * sin, second * cos + first * sin], -1)
    return np.concatenate([turned, rest], -3)


def attention(w: Weights, name: str, heads: int, x: Array, angle: Array | None = None) -> Array:
    """Along the last axis but one of `x[..., S, D]`."""
    *batch, positions, _ = x.shape
    qkv = (x @ w[f"{name}.qkv_proj.weight"].T).reshape(*batch, positions, 3 * heads, -1)
    q, k, v = np.split(qkv, 3, axis=-2)
    if angle is not None:
        q, k = rotate(q, angle), rotate(k, angle)
    scores = np.einsum("...qhd,...khd->...hqk", q, k) / np.sqrt(q.shape[-1])
    weight = np.exp(scores - scores.max(-1, keepdims=True))
    weight /= weight.sum(-1, keepdims=True)
    heard = np.einsum("...hqk,...khd->...qhd", weight, v).reshape(*batch, positions, -1)
    return heard @ w[f"{name}.o_proj.weight"].T


def call(w: Weights, s: Settings, cells: int, z: Array, x: Array) -> Array:
    """f(z, x): the blocks on z + x, `[B, V, S, D]`."""
    z = z + x
    layer = 0
    while f"L_level.layers.{layer}.mlp.down_proj.weight" in w:
        block = f"L_level.layers.{layer}"
        d = len(w[f"{block}.attn.qkv_proj.weight"]) // (3 * s.heads)
        angle = angles(s, cells, d) if s.rope else None
        z = rms_norm(s, z + attention(w, f"{block}.attn", s.heads, z, angle))
        by_place = z.transpose(0, 2, 1, 3)
        heard = attention(w, f"{block}.attn_t", s.heads_t, by_place).transpose(0, 2, 1, 3)
        z = rms_norm(s, z + heard)
        z = rms_norm(s, z + swiglu(w, f"{block}.mlp", z))
        layer += 1
    return z


def of_all_ids(w: Weights, special: str, symbol: str, vocabulary: int) -> Array:
    """`[V, A, D]`: two ids have their own vectors and the others share one, or each has its own."""
    if special not in w:
        return w[symbol][0]
    return np.concatenate([w[special][0], *[w[symbol][0]] * (vocabulary - 2)])


def embed(w: Weights, ids: Ids, vocabulary: int, identifiers: Ids | None = None) -> Array:
    symbol = "embed_symbols" if "embed_symbols" in w else "embed_symbol_tokens"
    vectors = of_all_ids(w, SPECIAL_TOKENS, symbol, vocabulary)
    held = ids[:, None] == np.arange(vocabulary)[:, None]
    x = np.sqrt(vocabulary) * held[..., None] * vectors
    x = x + w.get("pos_embedding", 0)
    if "puzzle_emb.weights" in w:
        rows, width = w["puzzle_emb.weights"][identifiers], x.shape[-1]
        x = x + rows[:, None, None, :width] + rows[:, width:, None, None]
    if "add_tokens" in w:
        added = of_all_ids(w, SPECIAL_ADDED, "add_tokens", vocabulary)
        x = np.concatenate([x, np.broadcast_to(added, (len(x), *added.shape))], 2)
    return x


def read(w: Weights, cells: int, z: Array) -> tuple[Array, Array]:
    """Logits `[B, C, V]` and, of each puzzle, the probability of its least certain cell."""
    z = z[:, :, :cells].transpose(0, 2, 1, 3)
    head = w["lm_head.weight"]
    logits = z @ head[0] if len(head) == 1 else z.reshape(*z.shape[:2], -1) @ head.T
    p = np.exp(logits - logits.max(-1, keepdims=True))
    p /= p.sum(-1, keepdims=True)
    return logits, p.max(-1).min(-1)


def start(w: Weights, x: Array) -> Array:
    return w["Z_init"] + np.zeros_like(x)


def constant(w: Weights, s: Settings, cells: int, x: Array, z: Array) -> Array:
    """The calls of a step that pass no gradient."""
    for _ in range((s.H_cycles - 1) * s.L_cycles):
        z = call(w, s, cells, z, x)
    return z


def last(w: Weights, s: Settings, cells: int, x: Array, z: Array) -> Array:
    """Those that do."""
    for _ in range(s.L_cycles):
        z = call(w, s, cells, z, x)
    return z


def step(w: Weights, s: Settings, cells: int, x: Array, z: Array) -> Array:
    return last(w, s, cells, x, constant(w, s, cells, x, z))


def outer_steps(
    w: Weights, s: Settings, cells: int, x: Array, count: int
) -> Iterator[tuple[Array, Array, Array]]:
    """What holds after each of `count` outer steps."""
    z = start(w, x)
    for _ in range(count):
        z = step(w, s, cells, x, z)
        yield z, *read(w, cells, z)

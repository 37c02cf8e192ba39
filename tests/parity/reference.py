"""HRM, TRM and RSM restated in plain numpy, float64, from the papers' equations.

In: weights under their published names and the puzzles as published ids. Out: states, logits and
halting logits after each outer step, and the losses. Nothing here knows torch or the package.

Shape legend: B puzzles, P prefix vectors, C cells, S = P + C positions, D width, V vocabulary.

    >>> x = embed(weights, settings, ids, identifiers)
    >>> for z_H, z_L, logits, q in outer_steps("trm", weights, settings, x, count=2):
    ...     print(logits.argmax(-1))
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]
Weights = dict[str, Array]


@dataclass(frozen=True)
class Settings:
    """What cannot be read off the weights.

    Attributes:
        heads: of attention.
        prefix: how many vectors stand before the cells (P).
        H_cycles: in HRM and TRM the cycles of one outer step; RSM has none within a step.
        L_cycles: inner updates of a cycle, in RSM of an outer step.
        rope: whether attention rotates queries and keys.
        theta: base of the rotation's frequencies.
        epsilon: of the norms.
    """

    heads: int
    prefix: int
    H_cycles: int
    L_cycles: int
    rope: bool
    theta: float = 10_000.0
    epsilon: float = 1e-5


Outcome = tuple[Array, Array, Array, Array | None]
"""z_H[B, S, D], z_L[B, S, D], logits[B, C, V] and q[B, 2] = (halt, continue), None for RSM."""


# Layers


def rms_norm(s: Settings, x: Array) -> Array:
    return x / np.sqrt((x**2).mean(-1, keepdims=True) + s.epsilon)


def swiglu(w: Weights, name: str, x: Array) -> Array:
    gate, up = np.split(x @ w[f"{name}.gate_up_proj.weight"].T, 2, axis=-1)
    return (gate / (1 + np.exp(-gate)) * up) @ w[f"{name}.down_proj.weight"].T


def rotate(s: Settings, x: Array) -> Array:
    """RoPE of `x[B, S, heads, d]`: the pair (i, i + d/2) turns by position / theta^(2i/d)."""
    positions, half = x.shape[1], x.shape[-1] // 2
    angle = np.arange(positions)[:, None] / s.theta ** (np.arange(half) / half)
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    first, second = x[..., :half], x[..., half:]
    return np.concatenate([first * cos - second * sin, second * cos + first * sin], -1)


def attention(w: Weights, name: str, s: Settings, x: Array) -> Array:
    batch, positions = x.shape[:2]
    qkv = (x @ w[f"{name}.qkv_proj.weight"].T).reshape(batch, positions, 3 * s.heads, -1)
    q, k, v = np.split(qkv, 3, axis=2)
    if s.rope:
        q, k = rotate(s, q), rotate(s, k)
    scores = np.einsum("bqhd,bkhd->bhqk", q, k) / np.sqrt(q.shape[-1])
    weight = np.exp(scores - scores.max(-1, keepdims=True))
    weight /= weight.sum(-1, keepdims=True)
    mixed = np.einsum("bhqk,bkhd->bqhd", weight, v).reshape(batch, positions, -1)
    return mixed @ w[f"{name}.o_proj.weight"].T


def mix_by_attention(w: Weights, block: str, s: Settings, x: Array) -> Array:
    return rms_norm(s, x + attention(w, f"{block}.self_attn", s, x))


def mix_as_trm(w: Weights, block: str, s: Settings, x: Array) -> Array:
    """The norm is over positions."""
    x = x.transpose(0, 2, 1)
    x = rms_norm(s, x + swiglu(w, f"{block}.mlp_t", x))
    return x.transpose(0, 2, 1)


def mix_as_rsm(w: Weights, block: str, s: Settings, x: Array) -> Array:
    """The norm is over the width."""
    y = swiglu(w, f"{block}.mlp_t", x.transpose(0, 2, 1))
    return rms_norm(s, x + y.transpose(0, 2, 1))


Mixer = Callable[[Weights, str, Settings, Array], Array]


def net(w: Weights, name: str, s: Settings, mix_tokens: Mixer, h: Array, u: Array) -> Array:
    """f(h, u): the blocks on h + u."""
    mix = mix_tokens if f"{name}.layers.0.mlp_t.down_proj.weight" in w else mix_by_attention
    x = h + u
    layer = 0
    while f"{name}.layers.{layer}.mlp.down_proj.weight" in w:
        block = f"{name}.layers.{layer}"
        x = mix(w, block, s, x)
        x = rms_norm(s, x + swiglu(w, f"{block}.mlp", x))
        layer += 1
    return x


# Ends


def embed(w: Weights, s: Settings, ids: Ids, identifiers: Ids) -> Array:
    """x[B, S, D] of `ids[B, C]`, with the puzzle embedding of `identifiers[B]` before the cells."""
    table = w["embed_tokens.embedding_weight"]
    width = table.shape[1]
    x = table[ids]
    if "puzzle_emb.weights" in w:
        rows = w["puzzle_emb.weights"][identifiers]
        padded = np.zeros((len(rows), s.prefix * width))
        padded[:, : rows.shape[1]] = rows
        x = np.concatenate([padded.reshape(len(rows), s.prefix, width), x], 1)
    if "embed_pos.embedding_weight" in w:
        x = 0.707106781 * (x + w["embed_pos.embedding_weight"])
    return x * np.sqrt(width)


def initial_state(w: Weights, x: Array) -> tuple[Array, Array]:
    return w["H_init"] + np.zeros_like(x), w["L_init"] + np.zeros_like(x)


def read(w: Weights, s: Settings, z_H: Array) -> tuple[Array, Array | None]:
    """Logits of the cells and q at position 0; without a head of its own the token table serves."""
    head = w.get("lm_head.weight", w["embed_tokens.embedding_weight"])
    logits = z_H[:, s.prefix :] @ head.T
    q = z_H[:, 0] @ w["q_head.weight"].T + w["q_head.bias"] if "q_head.weight" in w else None
    return logits, q


# Steps. Each comes in two parts: what the gradient passes, and the constants before it.


def hrm_nets(w: Weights, s: Settings) -> tuple[Callable[..., Array], ...]:
    return tuple(partial(net, w, name, s, mix_by_attention) for name in ("H_level", "L_level"))


def hrm_constant(w: Weights, s: Settings, x: Array, z_H: Array, z_L: Array) -> tuple[Array, Array]:
    f_H, f_L = hrm_nets(w, s)
    for h in range(s.H_cycles):
        for cycle in range(s.L_cycles):
            if (h, cycle) != (s.H_cycles - 1, s.L_cycles - 1):
                z_L = f_L(z_L, z_H + x)
        if h != s.H_cycles - 1:
            z_H = f_H(z_H, z_L)
    return z_H, z_L


def hrm_last(w: Weights, s: Settings, x: Array, z_H: Array, z_L: Array) -> tuple[Array, Array]:
    f_H, f_L = hrm_nets(w, s)
    z_L = f_L(z_L, z_H + x)
    z_H = f_H(z_H, z_L)
    return z_H, z_L


def trm_last(w: Weights, s: Settings, x: Array, z_H: Array, z_L: Array) -> tuple[Array, Array]:
    f = partial(net, w, "L_level", s, mix_as_trm)
    for _ in range(s.L_cycles):
        z_L = f(z_L, z_H + x)
    z_H = f(z_H, z_L)
    return z_H, z_L


def trm_constant(w: Weights, s: Settings, x: Array, z_H: Array, z_L: Array) -> tuple[Array, Array]:
    for _ in range(s.H_cycles - 1):
        z_H, z_L = trm_last(w, s, x, z_H, z_L)
    return z_H, z_L


def rsm_inner(w: Weights, s: Settings, x: Array, z_H: Array, z_L: Array) -> Array:
    for _ in range(s.L_cycles):
        z_L = net(w, "core", s, mix_as_rsm, z_L, z_H + x)
    return z_L


def rsm_outer(w: Weights, s: Settings, z_H: Array, z_L: Array) -> Array:
    return net(w, "core", s, mix_as_rsm, z_H, z_L)


def hrm_step(w: Weights, s: Settings, x: Array, z_H: Array, z_L: Array) -> tuple[Array, Array]:
    return hrm_last(w, s, x, *hrm_constant(w, s, x, z_H, z_L))


def trm_step(w: Weights, s: Settings, x: Array, z_H: Array, z_L: Array) -> tuple[Array, Array]:
    return trm_last(w, s, x, *trm_constant(w, s, x, z_H, z_L))


def rsm_step(w: Weights, s: Settings, x: Array, z_H: Array, z_L: Array) -> tuple[Array, Array]:
    z_L = rsm_inner(w, s, x, z_H, z_L)
    return rsm_outer(w, s, z_H, z_L), z_L


STEPS = {"hrm": hrm_step, "trm": trm_step, "rsm": rsm_step}


def outer_steps(family: str, w: Weights, s: Settings, x: Array, count: int) -> Iterator[Outcome]:
    """What holds after each of `count` outer steps from the initial latents."""
    z_H, z_L = initial_state(w, x)
    for _ in range(count):
        z_H, z_L = STEPS[family](w, s, x, z_H, z_L)
        yield z_H, z_L, *read(w, s, z_H)


# Losses. A label is a published id; 0 is ignored.


def stablemax_cross_entropy(logits: Array, labels: Ids) -> Array:
    """Of each puzzle the mean over its valid cells, `[B]`; 0 where none is valid."""
    # Either branch is evaluated everywhere, so each is fed only what it is meant for.
    rising, falling = np.maximum(logits, 0) + 1, 1 / (1 - np.minimum(logits, 0) + 1e-30)
    s = np.where(logits >= 0, rising, falling)
    p = s / s.sum(-1, keepdims=True)
    of_label = np.take_along_axis(p, labels[..., None], -1)[..., 0]
    valid = labels > 0
    return -(np.log(of_label) * valid).sum(-1) / np.maximum(valid.sum(-1), 1)


def binary_cross_entropy(logits: Array, truth: Array) -> Array:
    return np.logaddexp(0, logits) - truth * logits


def all_right(logits: Array, labels: Ids) -> npt.NDArray[np.bool_]:
    return ((logits.argmax(-1) == labels) | (labels == 0)).all(-1)


def total_loss(
    logits: Array, q: Array | None, labels: Ids, continue_target: Array | None = None
) -> float:
    """Sum over the batch; q is left out for RSM, `continue_target[B]` for TRM."""
    loss = stablemax_cross_entropy(logits, labels).sum()
    if q is not None:
        halt = all_right(logits, labels).astype(np.float64)
        loss += 0.5 * binary_cross_entropy(q[:, 0], halt).sum()
        if continue_target is not None:
            loss += 0.5 * binary_cross_entropy(q[:, 1], continue_target).sum()
    return float(loss)


def hrm_continue_target(next_q: Array, is_last_step: npt.NDArray[np.bool_]) -> Array:
    """Of q_continue, `[B]`, from q after one more step."""
    value = np.where(is_last_step, next_q[:, 0], next_q.max(-1))
    return 1 / (1 + np.exp(-value))

"""Published checkpoints of HRM, TRM, RSM and SE-RRM to model folders, and back.

In: a checkpoint that nobody vouches for. Out: a model folder that tells what was known and what was
assumed; or a `ModelError`, and nothing on disk. Both ways keep every number as it is.

    >>> stored = convert_checkpoint(Path("step_16275"), Path("trm-sudoku"))
    >>> export_checkpoint(Path("trm-sudoku"), Path("again/step_16275"), "trm")
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from puzzlesolver.errors import ModelError
from puzzlesolver.hub.folder import StoredConfig, read_config, read_model, save_model
from puzzlesolver.hub.foreign.arch import check_arch
from puzzlesolver.hub.foreign.card import converted_card
from puzzlesolver.hub.foreign.files import read_checkpoint
from puzzlesolver.hub.foreign.fit import build_fitted
from puzzlesolver.hub.foreign.layout import Checkpoint, check_family, unpack
from puzzlesolver.hub.foreign.pack import OURS, pack, published_settings
from puzzlesolver.hub.foreign.place import check_file, check_folder, place_files, place_folder
from puzzlesolver.hub.foreign.settings import Settings, plain, read_settings, section
from puzzlesolver.hub.foreign.sizes import infer_config

SETTINGS = "all_config.yaml"
"""What the trainers of HRM and TRM call the settings beside a checkpoint."""


@dataclass(frozen=True)
class _Said:
    """What a trainer wrote about a checkpoint.

    Attributes:
        source: a file, or the part of one.
        document: all of it.
        sha256: of each file it comes from.
    """

    source: str
    document: dict[str, Any]
    sha256: dict[str, str]

    @property
    def arch(self) -> dict[str, Any]:
        """Settings of the model; some trainers write them without a section of their own."""
        return section(self.document, "arch") or self.document

    @property
    def data(self) -> str:
        """Text that may name the puzzle kind."""
        return str([self.document.get("data_path"), self.document.get("data_paths")])


def convert_checkpoint(
    file: Path,
    folder: Path,
    *,
    config: Path | None = None,
    family: str | None = None,
    known: Mapping[str, Any] | None = None,
    provenance: Mapping[str, Any] | None = None,
    force: bool = False,
) -> StoredConfig:
    """Read a published checkpoint and write a model folder.

    Args:
        file: a torch file or safetensors.
        folder: made when all is well.
        config: the YAML file that the trainer wrote; None = the settings inside `file`, or else an
            `all_config.yaml` beside it, where there are any.
        family: what it must be; the keys decide what it is.
        known: settings that neither tensors nor `config` tell, by the names of the family's
            configuration, and the `domain`.
        provenance: where `file` is from, anything JSON can say; `licence` goes to the model card.
        force: whether a model that is in `folder` is replaced.

    Returns:
        What the folder's `config.json` says; its provenance lists what was assumed.

    Raises:
        ModelError: a file is damaged, hostile, of no known family, or contradicts what is asked; or
            the folder is not empty.
    """
    check_folder(folder, force)
    document, sha256 = read_checkpoint(file)
    checkpoint = unpack(document, str(file))
    if family is not None:
        check_family(checkpoint.family, family, str(file), checkpoint.evidence)
    said = _find_settings(checkpoint, file, config)
    check_arch(checkpoint, said.source, said.arch, section(said.document, "arch"))
    settings = Settings(_sources(checkpoint, said, known or {}))
    values, domain = infer_config(checkpoint, settings, said.data)
    model, changed = build_fitted(checkpoint, values)
    passed = dict(provenance or {})
    facts = {
        "file": file.name,
        "sha256": {file.name: sha256} | said.sha256 | passed.pop("sha256", {}),
        "evidence": checkpoint.evidence,
        "weights": checkpoint.weights,
        "averaged": _averaged(checkpoint.family, file.name, said.document.get("ema")),
        "settings_from": said.source,
        "settings": said.document,
        "record": {name: n for name, n in checkpoint.rest.items() if type(n) is int},
        "changed": changed,
    }
    known_facts = {name: fact for name, fact in facts.items() if fact}
    training: dict[str, Any] = {"domain": domain} if domain else {}
    always = {"prefix": checkpoint.prefix, "assumed": settings.assumed}
    training["provenance"] = known_facts | always | passed
    card = converted_card(checkpoint, sha256, training)
    place_folder(folder, lambda partial: save_model(model, partial, training, card))
    return read_config(folder)


def export_checkpoint(folder: Path, file: Path, family: str, *, force: bool = False) -> None:
    """Write a model in its family's published layout.

    HRM, TRM and SE-RRM: tensors by key, and `all_config.yaml` beside the file. RSM: a dict with
    `model_state`, the active depths and `config`.

    Args:
        folder: of a model.
        file: made, with the folders above it.
        family: which layout; it must be the model's own.
        force: whether files that exist are replaced.

    Raises:
        ModelError: the model is of another family or damaged, or a file exists.
    """
    import torch
    import yaml  # type: ignore[import-untyped]

    stored = read_config(folder)
    check_family(stored.family, family, str(folder), "its config.json says so")
    model, _ = read_model(folder)
    settings = published_settings(stored)
    packed = pack(stored, model.state_dict(), settings)

    def write_settings(target: BinaryIO) -> None:
        target.write(yaml.safe_dump(settings).encode())

    def write_checkpoint(target: BinaryIO) -> None:
        torch.save(packed, target)

    writers = {} if family == "rsm" else {file.with_name(SETTINGS): write_settings}
    writers[file] = write_checkpoint
    for target in writers:
        check_file(target, force)
    place_files(writers)


def _find_settings(checkpoint: Checkpoint, file: Path, config: Path | None) -> _Said:
    """The settings that were asked for, those inside the checkpoint, or those beside it."""
    inside = checkpoint.rest.get("config")
    beside = file.with_name(SETTINGS)
    if config is None and isinstance(inside, dict):
        try:
            return _Said(f"config in {file.name}", plain(inside), {})
        except ValueError as error:
            raise ModelError(f"its config cannot be: {error}", where=checkpoint.where) from error
    if config is None and beside.is_file():
        config = beside
    if config is None:
        return _Said("", {}, {})
    document, sha256 = read_settings(config)
    return _Said(config.name, document, {config.name: sha256})


def _sources(
    checkpoint: Checkpoint, said: _Said, known: Mapping[str, Any]
) -> dict[str, Mapping[str, Any]]:
    """Mappings of settings by what to call them, the best first."""
    arch, active = said.arch, {}
    if checkpoint.family == "rsm":
        # Its settings tell the depth that training began with.
        depths = {"H_cycles": "active_H", "L_cycles": "active_L"}
        arch = {name: value for name, value in arch.items() if name not in depths}
        rest = checkpoint.rest
        active = {name: rest[depth] for name, depth in depths.items() if depth in rest}
    return {
        f"active_H and active_L in {checkpoint.where}": active,
        said.source: arch,
        f"{said.source}, {OURS}": section(said.document, OURS),
        "what is known of it": known,
    }


def _averaged(family: str, file: str, ema: Any) -> str | None:
    """Whether a file holds the weights themselves or their averages, as far as that is known."""
    if family == "rsm" and file.startswith("ckpt_pct_"):
        return "raw weights, as in all files that RSM's trainer names by per cent"
    if not isinstance(ema, bool):
        return None
    if not ema:
        return "raw weights: the run kept no averages"
    if family == "rsm" and not file.startswith("ckpt_step_"):
        return "unknown: RSM's trainer writes both, and only its own file names tell which"
    return "averaged weights (EMA)"

"""What runs where, and why."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from puzzlesolver.errors import UsageError
from puzzlesolver.runtime import DEVICES, FORMATS, PRECISION, available_devices, choose_runtime


@pytest.fixture
def restore_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_auto_takes_the_preferred_device_present() -> None:
    assert choose_runtime().device.type == available_devices()[0]
    assert available_devices()[-1] == "cpu"


def test_an_explicit_device_is_taken_and_computes_in_the_chosen_format(
    device: torch.device,
) -> None:
    runtime = choose_runtime(device.type)
    assert runtime.device.type == device.type
    assert runtime.device_reason == "as asked"
    one = torch.ones(8, 8, device=runtime.device, dtype=runtime.dtype)
    assert (one @ one == 8).all()


@pytest.mark.parametrize("kind", DEVICES)
def test_a_device_that_is_not_there_is_refused(kind: str) -> None:
    absent = f"{kind}:99" if kind in available_devices() else kind
    with pytest.raises(UsageError, match="no device") as caught:
        choose_runtime(absent)
    assert "cpu" in caught.value.hint


@pytest.mark.parametrize("name", ["", "gpu", "cuda:x", "cuda:-1", "meta", "tpu:0", "CPU"])
def test_an_unknown_device_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="unknown device") as caught:
        choose_runtime(name)
    assert caught.value.where == "--device"


@pytest.mark.usefixtures("restore_threads")
def test_threads_are_as_asked_and_otherwise_torchs_own_number_again() -> None:
    default = choose_runtime("cpu").threads
    assert choose_runtime("cpu", threads=default + 1).threads == default + 1
    assert torch.get_num_threads() == default + 1
    assert choose_runtime("cpu").threads == default
    assert torch.get_num_threads() == default


@pytest.mark.parametrize("threads", [0, -1])
def test_no_threads_is_refused(threads: int) -> None:
    with pytest.raises(UsageError) as caught:
        choose_runtime("cpu", threads=threads)
    assert caught.value.where == "--threads"


@pytest.mark.usefixtures("restore_threads")
def test_one_line_names_every_choice_with_its_reason() -> None:
    line = str(choose_runtime("cpu", threads=1))
    assert line.startswith("cpu (as asked) · ")
    assert "float" in line
    assert line.endswith(" · 1 thread (as asked)")


@pytest.mark.parametrize(("name", "dtype"), FORMATS.items())
def test_the_environment_overrules_the_number_format(
    monkeypatch: pytest.MonkeyPatch, device: torch.device, name: str, dtype: str
) -> None:
    monkeypatch.setenv(PRECISION, name)
    runtime = choose_runtime(device.type)
    assert runtime.dtype == getattr(torch, dtype)
    assert f"{dtype} (as {PRECISION} asks)" in str(runtime)


@pytest.mark.parametrize("name", ["", "auto"])
def test_without_a_word_the_hardware_decides(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(PRECISION, raising=False)
    decided = choose_runtime("cpu").dtype
    monkeypatch.setenv(PRECISION, name)
    assert choose_runtime("cpu").dtype == decided


def test_an_unknown_number_format_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PRECISION, "fp16")
    with pytest.raises(UsageError, match="fp16") as caught:
        choose_runtime("cpu")
    assert caught.value.where == PRECISION and "bf16" in caught.value.hint

"""Devices: names that stand for none are refused with those there are, and torch is asked only where it must be."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace

import pytest

from bench import device
from bench.device import available, describe, joules, peak_bytes, resolve
from bench.errors import BadInput


@pytest.mark.parametrize("name", ["gpu", "", "CPU", "cuda:", "cuda:x", "cuda:-1", "cpu:0", " cpu", "cuda:0 ", "tpu\n"])
def test_an_unknown_name_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(BadInput, match=r"no device is called .*; there are: auto, cpu, cuda, cuda:N, mps"):
        resolve(name)
    with pytest.raises(BadInput, match="no device is called"):
        resolve(name, accelerated=False)


@pytest.mark.parametrize("name", ["cuda:99", "cuda:00"])
def test_an_absent_device_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(BadInput, match=rf"device '{name}' isn't there; this machine has: .*cpu"):
        resolve(name)


def test_every_kind_this_machine_lacks_is_refused() -> None:
    present = available()
    for name, there in (("cuda", "cuda:0" in present), ("mps", "mps" in present)):
        if not there:
            with pytest.raises(BadInput, match=f"device '{name}' isn't there"):
                resolve(name)


def test_the_best_device_comes_first_and_the_cpu_last() -> None:
    present = available()
    assert present[-1] == "cpu"
    assert resolve("auto") == present[0]
    assert all(resolve(name) == name for name in present)


def test_work_that_stays_on_the_cpu_goes_there() -> None:
    assert resolve("auto", accelerated=False) == "cpu"
    assert resolve("cpu", accelerated=False) == "cpu"


@pytest.mark.parametrize(
    "call",
    ["resolve('auto', accelerated=False)", "resolve('cpu')", "describe('cpu')", "peak_bytes('cpu')", "joules('cpu')"],
)
def test_torch_is_not_asked_about_the_cpu(call: str) -> None:
    code = f"import sys; from bench.device import *; {call}; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_the_cpu_is_described_by_its_name() -> None:
    assert describe("cpu") == "cpu"


def test_this_process_has_held_some_memory_and_less_than_a_terabyte() -> None:
    assert 2**23 < peak_bytes("cpu") < 2**40


def test_the_most_memory_held_never_falls() -> None:
    before = peak_bytes("cpu")
    block = bytearray(2**26)
    block[::4096] = b"x" * len(block[::4096])
    held = peak_bytes("cpu")
    del block
    assert before <= held <= peak_bytes("cpu")


def test_one_gpu_has_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    # Efficiency scores carry the device in their signatures: two names for one GPU would make them unlike.
    monkeypatch.setattr(device, "available", lambda: ["cuda:0", "cuda:1", "cpu"])
    assert resolve("auto") == "cuda:0"
    assert resolve("cuda:1") == "cuda:1"
    assert resolve("cuda") == resolve("auto")


@pytest.mark.gpu
def test_a_gpu_is_described_by_its_model_and_has_a_memory_of_its_own() -> None:
    if "cuda:0" not in available():
        pytest.skip("needs a CUDA device")
    import torch

    held = torch.ones(2**20, device=resolve("auto"))
    assert describe("cuda:0").startswith("cuda:0 (")
    assert held.nbytes <= peak_bytes("cuda:0") < 2**30


class FakeNVML(ModuleType):
    """NVML with one GPU, in millijoules: this machine has neither the driver nor the package."""

    def __init__(self, counter: list[int], trouble: str = "") -> None:
        super().__init__("pynvml")
        self.NVMLError = type("NVMLError", (Exception,), {})
        self.counter, self.trouble, self.asked = counter, trouble, ""

    def _unless(self, trouble: str) -> None:
        if self.trouble == trouble:
            raise self.NVMLError(trouble)

    def nvmlInit(self) -> None:  # noqa: N802
        self._unless("no driver")

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> str:  # noqa: N802
        self._unless("no such GPU")
        self.asked = uuid
        return uuid

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: str) -> int:  # noqa: N802
        self._unless("no counter")
        return self.counter.pop(0) if len(self.counter) > 1 else self.counter[0]


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A GPU as far as torch says which one it is."""
    import torch

    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: SimpleNamespace(uuid=f"1234-{device}"))
    device._energy_counter.cache_clear()
    yield
    device._energy_counter.cache_clear()


def test_energy_is_nvmls_counter_in_joules(gpu: None, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeNVML([0, 1_000, 3_500])
    monkeypatch.setitem(sys.modules, "pynvml", fake)
    assert [joules("cuda:0"), joules("cuda:0")] == [1.0, 3.5]
    assert fake.asked == "GPU-1234-cuda:0"


@pytest.mark.parametrize("trouble", ["no driver", "no such GPU", "no counter"])
def test_without_a_counter_there_is_no_energy(gpu: None, monkeypatch: pytest.MonkeyPatch, trouble: str) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", FakeNVML([0], trouble))
    assert joules("cuda:0") is None


def test_without_the_package_there_is_no_energy(gpu: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert joules("cuda:0") is None


@pytest.mark.parametrize("name", ["cpu", "mps"])
def test_only_gpus_of_nvidias_are_asked_for_energy(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", FakeNVML([1_000]))
    assert joules(name) is None


def test_without_a_driver_the_real_package_counts_nothing() -> None:
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        assert joules("cuda:0") is None
    else:
        assert "cuda:0" in available()


@pytest.mark.gpu
def test_the_counter_of_a_real_gpu_goes_up() -> None:
    import torch

    if "cuda:0" not in available():
        pytest.skip("needs a CUDA device")
    before = joules("cuda:0")
    work = torch.rand(4096, 4096, device="cuda:0")
    for _ in range(500):
        work = work @ work * 1e-4
    torch.cuda.synchronize()
    after = joules("cuda:0")
    assert before is not None
    assert after is not None
    assert 1.0 < after - before < 10_000.0

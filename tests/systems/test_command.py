"""Programs run from outside: what they are given, what is made of what they deliver, what survives an end."""

from __future__ import annotations

import dataclasses
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from conftest import Bench, finish, one_line, start

from bench.audio import Waveform
from bench.clip import Clip
from bench.digest import clip_seed
from bench.errors import BadInput
from bench.system import Generate, System
from bench.systems.command import Command

STANDINS = Path(__file__).parent.parent / "standins"
GENERATE = ("{python}", str(STANDINS / "generate.py"), "{prompts}", "{out}")
SEEDED = {"id": "{id}", "text": "{text}", "seed": "{seed}"}
TEXTS = ("rain", "a loud bell", "a dog barks", "the wind")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache for each test: what one program made is not another's."""
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def generator(*words: str, **settings: Any) -> Command:
    return Command(**{"argv": (*GENERATE, "--asked", "asked.jsonl", *words), "columns": SEEDED, **settings})


def clips(*texts: str, seconds: float | None = 1.0) -> list[Clip]:
    return [Clip(f"c{index}", text, seconds=seconds) for index, text in enumerate(texts or TEXTS)]


def called(system: System, some: Sequence[Clip], seed: int = 0) -> list[Waveform | Exception]:
    return asked(system.load("cpu"), some, seed)


def asked(run: Generate, some: Sequence[Clip], seed: int = 0) -> list[Waveform | Exception]:
    return list(run(some, [clip_seed(seed, clip.id) for clip in some]))


def waves(found: Sequence[Waveform | Exception]) -> list[Waveform]:
    assert all(isinstance(wave, np.ndarray) for wave in found), found
    return [wave for wave in found if isinstance(wave, np.ndarray)]


def requests() -> list[list[Any]]:
    """What the program was asked for: of each run its seed and the ids."""
    return [json.loads(line) for line in Path("asked.jsonl").read_text(encoding="utf-8").splitlines()]


def ids() -> list[list[str]]:
    return [names for _, *names in requests()]


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_all_clips_at_once() -> None:
    system = generator()
    made = waves(called(system, clips()))
    assert [len(wave) for wave in made] == [16_000] * 4
    assert all(wave.dtype == np.float32 and 0.01 < wave.std() < 0.3 for wave in made)
    assert ids() == [["c0", "c1", "c2", "c3"]]
    assert not np.array_equal(made[0], waves(called(system, clips(), seed=1))[0])


@pytest.mark.parametrize(
    ("form", "columns"),
    [
        ("csv", SEEDED),
        ("tsv", SEEDED),
        ("jsonl", SEEDED),
        ("text|name", None),
        ("text", {"text": "{text}"}),
    ],
)
def test_prompts_come_through_in_every_format(form: Any, columns: dict[str, str] | None, tmp_path: Path) -> None:
    texts = [
        '"Hello" she said, "twice',
        "two\nlines\r\nand\ta tab | a pipe",
        "🦉 hoots — إلى الأمام",
        "'",
        "NUL \0",
    ]
    by_index = form == "text"
    name = "{index}.wav" if by_index else "{id}.wav"
    words = (*(("--seed", "3") if columns != SEEDED else ()), *(("--plain",) if by_index else ()))
    system = generator("--name", name.replace("{", "{{").replace("}", "}}"), *words)
    system = dataclasses.replace(system, prompts=form, columns=columns, output=name)
    made = waves(called(system, clips(*texts)))
    assert len({float(wave.std()) for wave in made}) == 5  # the level is the text's
    (seen,) = ids()
    if form == "text":
        assert seen == [
            '"Hello" she said, "twice',
            "two lines and a tab | a pipe",
            "🦉 hoots — إلى الأمام",
            "'",
            "NUL  ",
        ]


def test_what_a_prompts_file_says(tmp_path: Path) -> None:
    from bench.systems._command_templates import of_clip, prompts_file

    row = of_clip(Clip("a", 'say "x"\n|\tnow', seconds=2.0), 0, 2**40 + 5, 10.0)
    columns = {"name": "{id}", "n": "{seed}", "t": "{text}", "s": "{seconds:.1f}", "set": "audiocaps"}
    lines = {
        "csv": 'name,n,t,s,set\na,5,"say ""x""\n|\tnow",2.0,audiocaps\n',
        "tsv": 'name\tn\tt\ts\tset\na\t5\t"say ""x"" | now"\t2.0\taudiocaps\n',
        "jsonl": '{"name": "a", "n": 5, "t": "say \\"x\\"\\n|\\tnow", "s": "2.0", "set": "audiocaps"}\n',
    }
    for form, text in lines.items():
        assert prompts_file([row], form, columns).decode() == text
    assert prompts_file([row], "text|name", {"t": "{text}", "n": "{id}"}) == b'say "x"   now|a\n'


def test_ids_that_look_like_patterns() -> None:
    made = called(generator(), [Clip("a[0-9]", "rain", seconds=1.0), Clip("a1", "wind", seconds=1.0)])
    one, other = waves(made)
    assert not np.array_equal(one, other)


def test_names_of_every_kind() -> None:
    for name, output in (("at_12h/{{id}}.wav", "*/{id}.wav"), ("output_{{index:03d}}.wav", "output_{index:03d}.wav")):
        waves(called(generator("--name", name, output=output), clips()))


def test_two_files_for_one_clip_are_named() -> None:
    script = "cd $0; mkdir a b; touch a/c0.wav b/c0.wav"
    system = Command(argv=("bash", "-c", script, "{out}"), output="*/c{index}.wav")
    (error,) = called(system, clips("rain"))
    assert "2 files match */c0.wav: a/c0.wav and b/c0.wav; the program exited with code 0" in str(error)


def test_padding_is_stripped_exactly() -> None:
    plain = waves(called(generator(), clips()))
    stripped = waves(called(generator("--zeros", "4352", leading_zeros=4352), clips()))
    for one, other in zip(plain, stripped, strict=True):
        np.testing.assert_array_equal(one, other)
    (error,) = called(generator("--zeros", "100", leading_zeros=4352), clips("rain"))
    assert "c0.wav begins with 100 zeros, and 4352 are to be stripped" in str(error)


def test_a_file_a_little_short_is_padded_and_one_much_too_short_refused() -> None:
    (wave,) = waves(called(generator("--seconds", "0.9"), clips("rain")))
    assert len(wave) == 16_000
    assert not wave[14_400:].any()
    assert wave[14_399]
    (short,) = called(generator("--seconds", "0.4"), clips("rain"))
    assert "c0.wav is 0.400 s long, and 1 s were asked for" in str(short)
    (unpadded,) = called(generator("--seconds", "0.9", pad=0.0), clips("rain"))
    assert "c0.wav is 0.900 s long, and 1 s were asked for" in str(unpadded)


def test_channels_are_averaged() -> None:
    mono = waves(called(generator(), clips()))
    stereo = waves(called(generator("--channels", "2"), clips()))  # the second is silent
    for one, other in zip(mono, stereo, strict=True):
        np.testing.assert_allclose(other, one / 2, atol=1e-7)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--rate", "22050"), "c2.wav has 22050 Hz, and 16000 Hz were expected"),
        (("--skip", "c2"), "it made no file c2.wav"),
        (("--cut", "c2"), "c2.wav is truncated"),
        (("--nan", "c2"), "c2.wav: 16000 of 16000 samples are not finite"),
    ],
)
def test_what_is_wrong_with_a_file_is_that_clips_failure(words: tuple[str, ...], reason: str) -> None:
    made = called(generator(*words), clips())
    assert reason in str(made[2])
    assert "the program exited with code 0, and its log /" in str(made[2])
    assert str(made[2]).endswith("log.txt ends with: sampling 4/4")
    assert isinstance(made[0], Exception) == ("--rate" in words)


@pytest.mark.parametrize(
    ("words", "end"),
    [
        (("--crash-after", "2"), "exited with code 1"),
        (("--skip", "c3", "--exit", "3"), "exited with code 3"),
        (("--skip", "c3", "--signal", "11"), "was ended by SIGSEGV"),
    ],
)
def test_what_was_delivered_before_a_bad_end_counts(words: tuple[str, ...], end: str) -> None:
    made = called(generator(*words), clips())
    waves(made[:2])
    assert f"it made no file c3.wav; the program {end}, and its log" in str(made[3])
    if "--crash-after" in words:
        assert str(made[3]).endswith("ends with: RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB")
        again = called(generator(*words), clips())
        waves(again)
        assert ids() == [["c0", "c1", "c2", "c3"], ["c2", "c3"]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Published(Command):  # type: ignore[misc]  # of a module that mypy knows only once it is installed
    """A program that says how it is had."""

    get = "git clone it"


def test_programs_that_are_not_there(tmp_path: Path) -> None:
    assert "give --system.argv" in Command().lacks()
    assert generator().lacks() == ""
    assert Command(argv=("no-such-program",)).lacks() == "its program: no-such-program is none"
    assert Command(argv=("{python}",), python="/no/python").lacks() == "its interpreter: /no/python is no program"
    assert Command(argv=("./run.sh",), folder=tmp_path / "no").lacks() == f"its folder: {tmp_path / 'no'} is none"
    assert Command(argv=("true",), needs=("a.ckpt",)).lacks() == "its checkout: give --system.folder"
    needy = Command(argv=("true",), needs=("a.ckpt",), folder=tmp_path)
    assert needy.lacks() == f"its file {tmp_path / 'a.ckpt'}"
    (tmp_path / "a.ckpt").touch()
    assert needy.lacks() == ""
    published = Published(argv=("{python}", "x.py"))
    assert published.lacks() == (
        "the interpreter of its own environment: give --system.python; to get it: git clone it"
    )
    (error,) = called(Command(argv=("no-such-program",)), clips("rain"))
    assert str(error).endswith("ends with: no-such-program can't be run: No such file or directory")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"argv": ("x", "{prompt}")}, "asks for {prompt}, but here there are {python} {bin} {runner} {prompts}"),
        ({"argv": ("x", "{text}")}, "asks for {text}"),
        ({"argv": ("x", "{}")}, "asks for {}"),
        ({"argv": ("x", "{prompts")}, "a brace that is meant is doubled"),
        ({"argv": ("x", "{seed:s}")}, "is no template"),
        ({"output": "{name}.wav"}, "asks for {name}, but here there are {id} {index} {number}"),
        ({"output": "../{id}.wav"}, "must be below {out}"),
        ({"output": "/there/{id}.wav"}, "must be below {out}"),
        ({"columns": {"a": "{caption}"}}, "column a '{caption}' asks for {caption}"),
        ({"columns": {}}, "columns is empty"),
        ({"needs": ("{out}",)}, "asks for {out}"),
        ({"prompts": "xml"}, "prompts is 'xml'; there are: csv, tsv, jsonl, text|name, text"),
        ({"timeout": 0}, "timeout is 0, but must be more than 0 seconds"),
        ({"seconds": -1.0}, "seconds is -1.0"),
        ({"leading_zeros": -1}, "leading_zeros is -1"),
    ],
)
def test_cards_that_make_no_sense(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput) as caught:
        Command(**settings)
    assert message in str(caught.value)


def test_a_doubled_brace_is_a_brace() -> None:
    code = "import shutil, sys; print({'a': 1}); sys.exit(4)".replace("{", "{{").replace("}", "}}")
    (error,) = called(Command(argv=("{python}", "-c", code)), clips("rain"))
    assert str(error).endswith("ends with: {'a': 1}")


def test_one_run_for_each_clip_has_its_seed_and_length() -> None:
    argv = ("{python}", str(STANDINS / "one.py"), "{text}", "{seed}", "{seconds}", "{out}/{id}.wav")
    system = Command(argv=argv, per_clip=True, seconds=0.25)
    assert not system.bulk
    some = [*clips(), Clip("open", "-- no length; $HOME `ls`")]
    made = called(system, some)
    assert str(made[2]).endswith("ends with: no dogs")
    assert [len(wave) for wave in waves(made[:2] + made[3:])] == [16_000, 16_000, 16_000, 4000]
    alone = waves(called(dataclasses.replace(system, pad=0.4), some[1:2]))[0]  # another recipe: made anew
    np.testing.assert_array_equal(alone, made[1])


def test_one_seed_for_all_is_kept_for_what_is_left() -> None:
    system = generator("--seed", "{seed}", "--crash-after", "3", columns=None)
    made = called(system, clips())
    assert isinstance(made[3], Exception)
    waves(called(system, clips()[2:]))  # c2 is there, c3 is asked for with the first run's seed
    called(system, clips(), seed=1)
    first, second, other = requests()
    assert second == [first[0], "c3"]
    assert other[0] != first[0]
    assert 0 <= first[0] < 2**32


def test_lengths_that_the_command_line_names_are_runs_of_their_own() -> None:
    some = [dataclasses.replace(clip, seconds=1.0 + index % 2) for index, clip in enumerate(clips())]
    made = waves(called(generator("--seconds", "{seconds}"), some))
    assert [len(wave) for wave in made] == [16_000, 32_000, 16_000, 32_000]
    assert ids() == [["c0", "c2"], ["c1", "c3"]]


def test_nothing_is_trusted_from_another_recipe_prompt_or_seed(tmp_path: Path) -> None:
    weights = tmp_path / "a.ckpt"
    weights.write_bytes(b"1")
    system = generator(needs=(str(weights),))
    called(system, clips())
    called(system, clips())
    assert len(ids()) == 1
    called(dataclasses.replace(system, timeout=60.0, python=sys.executable), clips())
    assert len(ids()) == 1  # neither makes other audio
    called(system, clips(), seed=1)
    called(system, [dataclasses.replace(clip, text="snow") for clip in clips()])
    called(dataclasses.replace(system, environment={"MODEL": "large"}), clips())
    assert len(ids()) == 4
    weights.write_bytes(b"2")
    called(system, clips())
    assert len(ids()) == 5


def test_what_the_caller_has_is_forgotten(cache: Path) -> None:
    system, some = generator("--skip", "c3"), clips()
    seeds = [clip_seed(0, clip.id) for clip in some]
    run: Any = system.load("cpu")
    run(some, seeds)
    run.forget(some[:3], seeds[:3])
    (attempt,) = (cache / "commands").glob("*/*")
    assert list((attempt / "out").iterdir()) == []
    assert (attempt / "log.txt").is_file()  # of the clip that is still owed
    run: Any = system.load("cpu")  # type: ignore[no-redef]
    run(some, seeds)
    assert ids() == [["c0", "c1", "c2", "c3"], ["c0", "c1", "c2", "c3"]]
    run.forget(some, seeds)
    assert list((cache / "commands").iterdir()) == []


def test_settings_hold_names_and_no_secrets(tmp_path: Path) -> None:
    environment = {"HF_TOKEN": "hf_abc", "MODEL": str(tmp_path / "large")}
    system = generator(
        folder=tmp_path, python=sys.executable, environment=environment, needs=(str(STANDINS / "one.py"),)
    )
    said = json.dumps([system.settings(), system.identity()])
    assert str(tmp_path) not in said
    assert str(STANDINS) not in said
    assert "hf_abc" not in said
    assert system.settings()["argv"][1] == "generate.py"
    moved = tmp_path / "elsewhere" / tmp_path.name
    shutil.copytree(STANDINS, tmp_path / "standins")
    moved.mkdir(parents=True)
    there = (GENERATE[0], str(tmp_path / "standins" / "generate.py"), *system.argv[2:])
    needs = (str(tmp_path / "standins" / "one.py"),)
    assert dataclasses.replace(system, argv=there, folder=moved, needs=needs).tag(0) == system.tag(0)


def test_the_environment_of_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/ours")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,5,6")
    code = "import os; print([os.environ.get(n) for n in ('PYTHONPATH', 'CUDA_VISIBLE_DEVICES', 'MINE')])"
    system = Command(argv=("{python}", "-c", code), environment={"MINE": "1"})

    def said(system: Command, device: str) -> str:
        (error,) = asked(system.load(device), clips("rain"))
        return str(error).rpartition("ends with: ")[2]

    assert said(system, "cpu") == "['/ours', '4,5,6', '1']"
    foreign = dataclasses.replace(system, python=sys.executable)
    assert said(foreign, "cuda:1") == "[None, '5', '1']"
    assert said(dataclasses.replace(foreign, argv=(*system.argv, "{device}")), "cuda:1") == "[None, '4,5,6', '1']"


def test_a_relative_cache_is_found_from_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_CACHE", "here")
    waves(called(generator(folder=STANDINS.parent, argv=GENERATE), clips("rain")))


def test_a_timeout_ends_the_program_and_its_children(tmp_path: Path) -> None:
    system = generator("--child", "pids", "--pause", "60", timeout=3.0)
    made = called(system, clips())
    assert "the program was stopped after 3 s (timeout)" in str(made[3])
    waves(made[:1])
    pids = [int(word) for word in Path("pids").read_text().split()]
    assert len(pids) == 2
    wait_for(lambda: not any(map(alive, pids)))


def test_children_that_outlive_the_program_are_ended() -> None:
    waves(called(generator("--child", "pids"), clips()))
    wait_for(lambda: not any(alive(int(word)) for word in Path("pids").read_text().split()))


def config(suite: Path, *words: str, **settings: Any) -> tuple[str | Path, ...]:
    """A user's card, and the words that run it."""
    argv = [*GENERATE, "--asked", str(Path("asked.jsonl").resolve()), *words]
    card = {"name": "command", "argv": argv, "columns": SEEDED, **settings}
    path = Path("card.yaml")
    path.write_text(yaml.safe_dump({"system": card, "suite": str(suite), "metrics": ["fad-logmel"]}))
    return ("run", "--config", path)


def test_a_card_runs_from_the_command_line(bench: Bench, card: Path) -> None:
    ran = bench(*config(card))
    assert ran.code == 0, ran.err
    assert "fad-logmel" in ran.out
    (record,) = Path("results").rglob("record.json")
    assert str(STANDINS) not in record.read_text()
    assert len(list(Path("runs").rglob("*.wav"))) == 6


def test_a_cards_mistakes_are_one_line(bench: Bench, card: Path) -> None:
    for words, settings, message in (
        (("{prompt}",), {}, "asks for {prompt}"),
        ((), {"prompts": "xml"}, "prompts"),
        ((), {"folder": "/no/folder"}, "lacks its folder"),
    ):
        ran = bench(*config(card, *words, **settings))
        assert ran.code in (2, 3)
        assert one_line(ran.err), ran.err
        assert message in ran.err


def test_failures_name_log_and_reason(bench: Bench, card: Path) -> None:
    ran = bench(*config(card, "--crash-after", "4"))
    assert ran.code == 3
    assert "Traceback" not in ran.err
    (failures,) = Path("runs").rglob("failures.jsonl")
    lines = [json.loads(line) for line in failures.read_text().splitlines()]
    assert [line["id"] for line in lines] == ["c4", "c5"]
    assert "log.txt ends with: RuntimeError: CUDA out of memory" in lines[0]["error"]
    again = bench(*config(card, "--crash-after", "4"))
    assert again.code == 0, again.err
    assert [len(names) for names in ids()] == [6, 2]


def delivered(cache: Path) -> set[str]:
    """The ids of what the program has written so far."""
    return {path.stem for path in cache.glob("commands/*/*/out/*.wav")}


def ended(words: tuple[str | Path, ...], number: int, cache: Path) -> set[str]:
    """Start a run, end it by a signal half-way, see that nothing of it is left, and say which clips were delivered."""
    process = start(*words)
    wait_for(lambda: len(delivered(cache)) >= 3)
    process.send_signal(number)
    assert finish(process).code in (-signal.SIGKILL, -signal.SIGTERM, 130)
    pids = [int(word) for word in Path("pids").read_text().split()]
    wait_for(lambda: not any(map(alive, pids)), 5)
    return delivered(cache)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_ended_leaves_no_process(card: Path, number: int, cache: Path) -> None:
    ended(config(card, "--pause", "0.4", "--child", str(Path("pids").resolve())), number, cache)


def test_a_killed_run_keeps_what_was_delivered(card: Path, cache: Path) -> None:
    words = config(card, "--pause", "0.4", "--child", str(Path("pids").resolve()))
    had = ended(words, signal.SIGKILL, cache)
    again = finish(start(*words))
    assert again.code == 0, again.err
    whole, rest = ids()
    assert whole == [f"c{index}" for index in range(6)]
    assert len(rest) <= 3
    assert set(rest) >= set(whole) - had
    resumed = {path.name: path.read_bytes() for path in Path("runs").rglob("*.wav")}
    shutil.rmtree(cache / "commands")
    assert finish(start(*words, "--out", "whole")).code == 0
    assert {path.name: path.read_bytes() for path in Path("whole").rglob("*.wav")} == resumed


def test_two_at_once_do_not_mix(card: Path) -> None:
    words = config(card, "--pause", "0.1")
    both: list[subprocess.Popen[str]] = [start(*words, "--out", out, "--results", out) for out in ("a", "b")]
    for process in both:
        ran = finish(process)
        assert ran.code == 0, ran.err
    one, other = ({path.name: path.read_bytes() for path in Path(out).rglob("*.wav")} for out in ("a", "b"))
    assert len(one) == 6
    assert one == other
    assert all(path.stat().st_size > 1000 for path in Path("a").rglob("*.wav"))

"""Downloads over a real HTTP server: whole and right or not there, and a transfer that breaks off goes on."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from server import Fault, Site, serving

from bench.errors import BadInput, NotEvaluable
from bench.prepare import transfer
from bench.prepare.download import download
from bench.progress import Reporter

DATA = bytes(range(256)) * 1000
OTHERS = b"others" * 40_000
NAME = "list.csv"
QUIET = Reporter(quiet=True)


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture(autouse=True)
def _online(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setattr(transfer, "PAUSES", (0.0, 0.0, 0.0))
    monkeypatch.setattr(transfer, "PIECE", 1000)  # what breaks off within a piece is lost, and the files here are small


@pytest.fixture
def site() -> Iterator[Site]:
    with serving({NAME: DATA}) as site:
        yield site


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "lists" / NAME


def names(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir()) if target.parent.is_dir() else []


def ranges(site: Site) -> list[str]:
    return [asked.range for asked in site.asked]


def refusal(site: Site, target: Path, name: str = NAME, **known: str | int) -> str:
    """The one line that a download is refused with."""
    with pytest.raises(NotEvaluable) as caught:
        download(site.url(name), target, reporter=QUIET, **known)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_file_comes_whole_and_once(site: Site, target: Path) -> None:
    for _ in range(2):
        assert download(site.url(NAME), target, sha256=sha(DATA), size=len(DATA), reporter=QUIET) == target
        assert target.read_bytes() == DATA
        assert names(target) == [NAME]
    assert len(site.asked) == 1


def test_an_empty_file_is_a_file(site: Site, target: Path) -> None:
    site.files[NAME] = b""
    assert download(site.url(NAME), target, sha256=sha(b""), reporter=QUIET).read_bytes() == b""
    assert names(target) == [NAME]


def test_what_is_said_while_downloading(site: Site, target: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site.faults[NAME] = Fault(cut=1000, times=1)
    download(site.url(NAME), target, reporter=Reporter())
    first, second = capsys.readouterr().err.splitlines()
    assert first == f"downloading {NAME} from {site.url(NAME)}"
    assert second == (
        f"{NAME}: Connection broken: IncompleteRead(1000 bytes read, {len(DATA) - 1000} more expected); "
        "going on from byte 1000"
    )


def test_a_file_that_is_not_the_right_one_is_downloaded_again(site: Site, target: Path) -> None:
    target.parent.mkdir()
    target.write_bytes(OTHERS)
    assert download(site.url(NAME), target, sha256=sha(DATA), reporter=QUIET).read_bytes() == DATA


def test_a_file_that_nothing_is_known_of_is_downloaded_again_where_it_can_be(
    site: Site, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target.parent.mkdir()
    target.write_bytes(OTHERS)
    monkeypatch.setenv("BENCH_OFFLINE", "1")
    assert download(site.url(NAME), target, reporter=QUIET).read_bytes() == OTHERS
    monkeypatch.delenv("BENCH_OFFLINE")
    assert download(site.url(NAME), target, reporter=QUIET).read_bytes() == DATA


def test_redirects_are_followed(site: Site, target: Path) -> None:
    site.redirects |= {"old": "older", "older": site.url(NAME)}
    assert download(site.url("old"), target, sha256=sha(DATA), reporter=QUIET).read_bytes() == DATA


def test_redirects_in_a_circle_are_refused(site: Site, target: Path) -> None:
    site.redirects |= {"a": "b", "b": "a"}
    assert "redirects" in refusal(site, target, "a")
    assert names(target) == []


def test_a_redirect_to_what_is_no_address_is_refused(site: Site, target: Path) -> None:
    site.redirects["a"] = "file:///etc/hostname"
    assert "a can't be downloaded" in refusal(site, target.with_name("a"), "a")
    assert names(target) == []


# Transfers that break off.


def test_a_transfer_that_breaks_off_goes_on_where_it_was(site: Site, target: Path) -> None:
    site.faults[NAME] = Fault(cut=50_000, times=4)
    assert download(site.url(NAME), target, sha256=sha(DATA), reporter=QUIET).read_bytes() == DATA
    assert ranges(site) == ["", "bytes=50000-", "bytes=100000-", "bytes=150000-", "bytes=200000-"]
    assert all(asked.condition for asked in site.asked[1:])
    assert names(target) == [NAME]


def test_a_transfer_that_gets_on_may_break_off_more_often_than_one_that_does_not(site: Site, target: Path) -> None:
    site.faults[NAME] = Fault(cut=13_000, times=19)
    assert download(site.url(NAME), target, reporter=QUIET).read_bytes() == DATA
    site.asked.clear()
    site.faults["never"] = Fault(cut=0)
    site.files["never"] = DATA
    assert "never can't be downloaded" in refusal(site, target.with_name("never"), "never")
    assert len(site.asked) == 1 + len(transfer.PAUSES)
    assert names(target) == [NAME]


def test_what_came_before_giving_up_is_kept_for_the_next_call(site: Site, target: Path) -> None:
    site.faults[NAME] = Fault(cut=100_000, times=1)

    class Once(Reporter):
        def line(self, text: str) -> None:
            if "going on" in text:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(site.url(NAME), target, sha256=sha(DATA), reporter=Once())
    assert names(target) == [f"{NAME}.part", f"{NAME}.part.json"]
    assert download(site.url(NAME), target, sha256=sha(DATA), reporter=QUIET).read_bytes() == DATA
    assert ranges(site) == ["", "bytes=100000-"]
    assert names(target) == [NAME]


def test_giving_up_says_how_much_is_kept(site: Site, target: Path) -> None:
    site.faults[NAME] = Fault(cut=1000, times=1)

    class Then(Reporter):
        def line(self, text: str) -> None:
            if "from byte 1000" in text:
                site.faults[NAME] = Fault(cut=0)

    with pytest.raises(NotEvaluable, match=r"; 1000 bytes of it are kept, and the next try goes on there$"):
        download(site.url(NAME), target, reporter=Then())


def test_a_process_that_is_killed_loses_nothing_that_came(site: Site, target: Path) -> None:
    site.faults[NAME] = Fault(cut=200_000, stall=30, times=1)
    code = (
        "import sys, pathlib; from bench.prepare.download import download; from bench.progress import Reporter\n"
        "from bench.prepare import transfer; transfer.PIECE = 1000\n"
        "download(sys.argv[1], pathlib.Path(sys.argv[2]), reporter=Reporter(quiet=True))"
    )
    with subprocess.Popen([sys.executable, "-c", code, site.url(NAME), str(target)]) as process:
        part = target.with_name(f"{NAME}.part")
        deadline = time.monotonic() + 30
        while not (part.is_file() and part.stat().st_size > 100_000):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    came = part.stat().st_size
    assert download(site.url(NAME), target, sha256=sha(DATA), reporter=QUIET).read_bytes() == DATA
    assert ranges(site) == ["", f"bytes={came}-"]


def test_a_server_that_falls_silent_is_left_after_a_while(
    site: Site, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "TIMEOUT", (5.0, 0.2))
    site.faults[NAME] = Fault(cut=1000, stall=30, times=1)
    assert download(site.url(NAME), target, sha256=sha(DATA), reporter=QUIET).read_bytes() == DATA
    assert ranges(site) == ["", "bytes=1000-"]


def test_a_transfer_without_a_length_that_ends_before_the_size_that_is_known_goes_on(site: Site, target: Path) -> None:
    site.headers[NAME] = {"Content-Length": None}
    site.faults[NAME] = Fault(cut=100_000, times=1)
    assert download(site.url(NAME), target, size=len(DATA), reporter=QUIET).read_bytes() == DATA
    assert ranges(site) == ["", "bytes=100000-"]


def test_one_who_is_in_haste_tries_once(site: Site, target: Path) -> None:
    site.faults[NAME] = Fault(cut=50_000, times=1)
    with pytest.raises(NotEvaluable, match="50000 bytes of it are kept"):
        download(site.url(NAME), target, hasty=True, reporter=QUIET)
    assert len(site.asked) == 1
    assert download(site.url(NAME), target, hasty=True, reporter=QUIET).read_bytes() == DATA


def test_one_who_is_in_haste_leaves_a_server_that_is_silent_soon(
    site: Site, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "HASTY", (5.0, 0.2))
    site.faults[NAME] = Fault(cut=1000, stall=30, times=1)
    with pytest.raises(NotEvaluable):
        download(site.url(NAME), target, hasty=True, reporter=QUIET)
    assert len(site.asked) == 1


def test_a_server_without_ranges_is_asked_for_the_whole_again(site: Site, target: Path) -> None:
    site.plain.add(NAME)
    site.faults[NAME] = Fault(cut=100_000, times=2)
    assert download(site.url(NAME), target, sha256=sha(DATA), reporter=QUIET).read_bytes() == DATA
    assert ranges(site) == ["", "bytes=100000-", "bytes=100000-"]


@pytest.mark.parametrize(
    ("headers", "resumed"),
    [
        ({"ETag": None, "Last-Modified": None}, False),
        ({"ETag": 'W/"weak"', "Last-Modified": None}, False),
        ({"ETag": None}, True),
        ({"Last-Modified": None}, True),
    ],
)
def test_only_a_file_that_can_be_told_from_its_later_versions_is_gone_on_with(
    site: Site, target: Path, headers: dict[str, str | None], resumed: bool
) -> None:
    site.headers[NAME] = headers
    site.faults[NAME] = Fault(cut=100_000, times=1)
    assert download(site.url(NAME), target, reporter=QUIET).read_bytes() == DATA
    assert ranges(site) == ["", "bytes=100000-" if resumed else ""]


def test_a_file_that_changes_under_way_is_begun_anew(site: Site, target: Path) -> None:
    site.faults[NAME] = Fault(cut=100_000, times=1)

    class Changing(Reporter):
        def line(self, text: str) -> None:
            if "going on" in text:
                site.files[NAME] = OTHERS

    assert download(site.url(NAME), target, reporter=Changing()).read_bytes() == OTHERS
    assert ranges(site) == ["", "bytes=100000-"]


def test_a_part_of_another_address_is_not_gone_on_with(site: Site, target: Path) -> None:
    leave_part(target, DATA[:1000], url="https://elsewhere.example/list.csv")
    assert download(site.url(NAME), target, reporter=QUIET).read_bytes() == DATA
    assert ranges(site) == [""]


@pytest.mark.parametrize("mark", [b"", b"[]", b"{", b'{"url": 1}', b"\xff"])
def test_a_part_whose_mark_is_damaged_is_not_gone_on_with(site: Site, target: Path, mark: bytes) -> None:
    leave_part(target, b"x" * 1000)
    target.with_name(f"{NAME}.part.json").write_bytes(mark)
    assert download(site.url(NAME), target, reporter=QUIET).read_bytes() == DATA


def test_a_part_that_is_whole_only_lacks_its_name(site: Site, target: Path) -> None:
    leave_part(target, DATA, url=site.url(NAME), state='"any"')
    assert download(site.url(NAME), target, sha256=sha(DATA), reporter=QUIET).read_bytes() == DATA
    assert ranges(site) == [f"bytes={len(DATA)}-"]


def test_a_part_that_is_longer_than_the_file_is_begun_anew(site: Site, target: Path) -> None:
    site.headers[NAME] = {"ETag": '"same"'}
    leave_part(target, DATA + b"more", url=site.url(NAME), state='"same"')
    assert download(site.url(NAME), target, sha256=sha(DATA), reporter=QUIET).read_bytes() == DATA
    assert ranges(site) == [f"bytes={len(DATA) + 4}-", ""]


def test_another_range_than_the_one_asked_for_is_begun_anew(site: Site, target: Path) -> None:
    site.headers[NAME] = {"ETag": '"same"', "Content-Range": f"bytes 5-{len(DATA) - 1}/{len(DATA)}"}
    leave_part(target, DATA[:1000], url=site.url(NAME), state='"same"')
    assert download(site.url(NAME), target, sha256=sha(DATA), reporter=QUIET).read_bytes() == DATA


def leave_part(target: Path, data: bytes, url: str = "", state: str = '"x"') -> None:
    target.parent.mkdir(exist_ok=True)
    target.with_name(f"{NAME}.part").write_bytes(data)
    target.with_name(f"{NAME}.part.json").write_text(json.dumps({"url": url, "state": state}))


# What is no file, or not the right one.


@pytest.mark.parametrize("status", [401, 403, 410])
def test_an_error_is_named_at_once(site: Site, target: Path, status: int) -> None:
    site.faults[NAME] = Fault(status=status)
    assert f"{NAME} can't be downloaded from {site.url(NAME)}: the server answers {status}" in refusal(site, target)
    assert len(site.asked) == 1
    assert names(target) == []


def test_what_is_not_there_is_named_with_its_address(site: Site, target: Path) -> None:
    assert f"{site.url('absent')}: the server answers 404" in refusal(site, target, "absent")
    assert names(target) == []


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_that_is_busy_is_asked_again(site: Site, target: Path, status: int) -> None:
    site.faults[NAME] = Fault(status=status, times=2)
    assert download(site.url(NAME), target, reporter=QUIET).read_bytes() == DATA
    site.faults["always"] = Fault(status=status)
    assert f"the server answers {status}" in refusal(site, target.with_name("always"), "always")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:9/list.csv", "Failed to establish a new connection: [Errno 111] Connection refused"),
        ("http://nowhere.invalid/list.csv", "Failed to resolve 'nowhere.invalid' ("),
        ("http://[/list.csv", "Failed to parse"),
    ],
)
def test_no_server_at_all_is_one_short_line(
    target: Path, monkeypatch: pytest.MonkeyPatch, url: str, expected: str
) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with pytest.raises(NotEvaluable) as caught:
        download(url, target, reporter=QUIET)
    assert str(caught.value).startswith(f"list.csv can't be downloaded from {url}: {expected}")
    assert names(target) == []


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        (b"<!DOCTYPE html><p>Log in", "application/octet-stream"),
        (b"\n <!-- portal -->\n<HTML>", "text/plain"),
        (b"\xef\xbb\xbf<!DOCTYPE html><p>Log in", "application/octet-stream"),
        (b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?>\n<!-- a -->\n<html lang="en">', "text/plain"),
        (b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN">', "text/csv"),
        (b"id,caption\n", "text/html; charset=utf-8"),
        (b"id,caption\n", "application/xhtml+xml"),
    ],
)
def test_a_web_page_is_taken_for_none(site: Site, target: Path, page: bytes, kind: str) -> None:
    site.files[NAME], site.types[NAME] = page, kind
    assert "a web page came in place of the file" in refusal(site, target)
    assert names(target) == []


@pytest.mark.parametrize("data", [b"<htmlish,caption\n", b"<?xml version='1.0'?><rows/>", b"\xef\xbb\xbfid,caption\n"])
def test_what_is_no_web_page_is_taken_for_none(site: Site, target: Path, data: bytes) -> None:
    site.files[NAME] = data
    assert download(site.url(NAME), target, reporter=QUIET).read_bytes() == data


def test_a_web_page_in_between_loses_nothing_that_came(site: Site, target: Path) -> None:
    site.types[NAME], site.plain = "text/html", {NAME}
    leave_part(target, DATA[:1000], url=site.url(NAME), state='"x"')
    assert "1000 bytes of it are kept" in refusal(site, target)
    assert target.with_name(f"{NAME}.part").read_bytes() == DATA[:1000]


def test_a_file_of_another_digest_is_not_kept_and_both_are_named(site: Site, target: Path) -> None:
    said = refusal(site, target, sha256=sha(OTHERS))
    assert f"{NAME} from {site.url(NAME)} has the SHA-256 {sha(DATA)}, and must have {sha(OTHERS)}; it was not" in said
    assert names(target) == []


def test_a_file_of_another_size_is_not_kept(site: Site, target: Path) -> None:
    assert f"has {len(DATA)} bytes, and must have 5" in refusal(site, target, size=5)
    assert names(target) == []


def test_what_was_there_stays_where_the_new_one_is_refused(site: Site, target: Path) -> None:
    target.parent.mkdir()
    target.write_bytes(OTHERS)
    refusal(site, target, sha256="0" * 64)
    assert target.read_bytes() == OTHERS
    assert names(target) == [NAME]


def test_a_file_that_was_changed_here_stays_until_the_right_one_comes(site: Site, target: Path) -> None:
    target.parent.mkdir()
    target.write_bytes(b"edited")
    site.files[NAME] = OTHERS
    said = refusal(site, target, sha256=sha(DATA), since=" as the first time")
    assert f"has the SHA-256 {sha(OTHERS)}, and must have {sha(DATA)} as the first time; it was not kept" in said
    assert target.read_bytes() == b"edited"
    site.files[NAME] = DATA
    assert download(site.url(NAME), target, sha256=sha(DATA), reporter=QUIET).read_bytes() == DATA


# Files that no digest is known of: what they are checked for is known before they have their name.


def is_data(path: Path) -> None:
    if path.read_bytes() != DATA:
        raise BadInput(f"{path} is bad")


def test_a_file_that_does_not_pass_is_not_kept_and_the_server_is_asked_again(site: Site, target: Path) -> None:
    site.files[NAME] = OTHERS
    with pytest.raises(NotEvaluable) as caught:
        download(site.url(NAME), target, check=is_data, reporter=QUIET)
    assert str(caught.value) == f"{NAME} from {site.url(NAME)} is bad; it was not kept"
    assert names(target) == []
    site.files[NAME] = DATA
    assert download(site.url(NAME), target, check=is_data, reporter=QUIET).read_bytes() == DATA
    assert len(site.asked) == 2


def test_what_was_there_stays_where_the_new_one_does_not_pass(site: Site, target: Path) -> None:
    download(site.url(NAME), target, check=is_data, reporter=QUIET)
    site.files[NAME] = OTHERS
    with pytest.raises(NotEvaluable):
        download(site.url(NAME), target, check=is_data, reporter=QUIET)
    assert target.read_bytes() == DATA
    assert names(target) == [NAME]


def test_a_check_that_is_interrupted_costs_no_second_download(site: Site, target: Path) -> None:
    def interrupted(_: Path) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(site.url(NAME), target, check=interrupted, reporter=QUIET)
    assert download(site.url(NAME), target, check=is_data, reporter=QUIET).read_bytes() == DATA
    assert ranges(site) == ["", f"bytes={len(DATA)}-"]


def test_a_file_whose_digest_is_known_is_not_checked(site: Site, target: Path) -> None:
    site.files[NAME] = OTHERS
    assert download(site.url(NAME), target, sha256=sha(OTHERS), check=is_data, reporter=QUIET).is_file()


def test_offline_a_file_that_is_here_has_to_pass_too(site: Site, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_OFFLINE", "1")
    target.parent.mkdir()
    target.write_bytes(OTHERS)
    with pytest.raises(BadInput, match="is bad"):
        download(site.url(NAME), target, check=is_data, reporter=QUIET)
    target.write_bytes(DATA)
    assert download(site.url(NAME), target, check=is_data, reporter=QUIET) == target


# Where nothing may be downloaded or written.


@pytest.mark.parametrize("switch", ["BENCH_OFFLINE", "HF_HUB_OFFLINE"])
def test_offline_nothing_is_downloaded(site: Site, target: Path, monkeypatch: pytest.MonkeyPatch, switch: str) -> None:
    monkeypatch.setenv(switch, "1")
    assert f"{NAME} is not here ({switch} is set, so nothing is downloaded from {site.url(NAME)})" in refusal(
        site, target
    )
    target.write_bytes(DATA)
    assert download(site.url(NAME), target, sha256=sha(DATA), reporter=QUIET) == target
    assert site.asked == []


def test_a_disk_that_fills_is_one_line_and_what_came_is_kept(site: Site, target: Path) -> None:
    code = (
        "import resource, sys, pathlib; from bench.prepare.download import download\n"
        "from bench.errors import NotEvaluable; from bench.progress import Reporter\n"
        "from bench.prepare import transfer; transfer.PIECE = 1000\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "try: download(sys.argv[1], pathlib.Path(sys.argv[2]), reporter=Reporter(quiet=True))\n"
        "except NotEvaluable as error: print(error)\n"
    )
    words = [sys.executable, "-c", code, site.url(NAME), str(target)]
    ran = subprocess.run(words, capture_output=True, text=True, check=True, env={**os.environ})
    kept = target.with_name(f"{NAME}.part").stat().st_size
    assert 90_000 < kept <= 100_000
    assert ran.stdout == (
        f"{NAME} can't be written to {target.parent}: File too large; "
        f"{kept} bytes of it are kept, and the next try goes on there\n"
    )
    assert download(site.url(NAME), target, sha256=sha(DATA), reporter=QUIET).read_bytes() == DATA
    assert ranges(site) == ["", f"bytes={kept}-"]


def test_a_disk_with_too_little_room_is_named_before_anything_comes(site: Site, target: Path) -> None:
    site.headers[NAME] = {"Content-Length": str(10**18)}
    assert "No space left on device for 1000000000000000000 bytes" in refusal(site, target)
    assert names(target) == []


def test_a_folder_that_is_a_file_is_one_line(site: Site, target: Path) -> None:
    target.parent.write_text("a file")
    assert "can't be written" in refusal(site, target)


# The hub.

HUB = "hf:datasets/owner/name@main/lists/list.csv"


def on_hub(site: Site, *words: str, **environment: str) -> str:
    """What a process of its own says to a download from a hub, which our server stands for."""
    code = (
        "import sys, pathlib; from bench.prepare.download import download; from bench.errors import NotEvaluable\n"
        "from bench.progress import Reporter\n"
        "try: print(len(download(sys.argv[1], pathlib.Path(sys.argv[2]), sha256=sys.argv[3],"
        " reporter=Reporter(quiet=True)).read_bytes()))\n"
        "except NotEvaluable as error: print(error)\n"
    )
    places = {"HF_ENDPOINT": site.address, "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    ran = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=True,
        env={**os.environ, **places, **environment},
    )  # fmt: skip
    return ran.stdout.strip()


def test_a_file_of_the_hub_comes_through_its_cache(site: Site, target: Path, tmp_path: Path) -> None:
    path = "datasets/owner/name/resolve/main/lists/list.csv"
    site.files[path] = DATA
    site.headers[path] = {"X-Repo-Commit": "1" * 40}
    home = {"HF_HOME": str(tmp_path / "hub")}
    assert on_hub(site, HUB, str(target), sha(DATA), **home) == str(len(DATA))
    assert names(target) == [NAME]
    target.unlink()
    site.asked.clear()
    assert on_hub(site, HUB, str(target), sha(DATA), HF_HUB_OFFLINE="1", **home) == str(len(DATA))
    assert site.asked == []
    site.files[path] = OTHERS
    site.headers[path] = {"X-Repo-Commit": "2" * 40}
    target.unlink()
    assert on_hub(site, HUB, str(target), sha(OTHERS), **home) == str(len(OTHERS))


def test_a_file_of_the_hub_that_is_not_there_is_one_line(site: Site, target: Path, tmp_path: Path) -> None:
    home = {"HF_HOME": str(tmp_path / "hub")}
    said = on_hub(site, HUB, str(target), "", **home)
    assert said.startswith(f"{NAME} can't be downloaded from {HUB}: ")
    assert "\n" not in said
    said = on_hub(site, HUB, str(target), "", BENCH_OFFLINE="1", **home)
    assert said == f"{NAME} is not here (BENCH_OFFLINE is set, so nothing is downloaded from {HUB})"
    assert names(target) == []

"""Where a suite's tables come from: the user's folder, an earlier time, beside the audio, the owner's address."""

from __future__ import annotations

import hashlib
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import tree
from server import Fault, Site, serving

from bench.card import Card
from bench.errors import BadInput, NotEvaluable
from bench.prepare import transfer
from bench.prepare.lists import can_be_had, keep_lists, lists_at_hand, obtain_lists, unchecked
from bench.prepare.shelved import recover
from bench.prepared import Shelf
from bench.progress import Reporter
from bench.sources import Captions, Listing

pytestmark = pytest.mark.usefixtures("online")
DATA, OTHERS = b"id,caption\na,rain\n", b"id,caption\na,wind\n"
SHELF = Shelf("own")


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def site() -> Iterator[Site]:
    with serving({"list.csv": DATA, "only.csv": b"id\na\n"}) as site:
        yield site


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder of the user's, in which nothing may ever be written."""
    folder = tmp_path / "own"
    folder.mkdir()
    return folder


def card(*listings: Listing) -> Card:
    parts = dict(zip(("list", "only", "not_in", "join"), listings, strict=False))
    return Card("Own", 1, "text-to-audio", Captions(**parts))  # type: ignore[arg-type]


def obtained(*listings: Listing, lists: Path | None = None, beside: Path | None = None) -> dict[str, tuple[Path, ...]]:
    mine = card(*listings)
    with unchecked(SHELF, mine):
        return keep_lists(SHELF, mine, obtain_lists(SHELF, mine, lists, beside, Reporter(quiet=True)))


def pinned(site: Site, data: bytes = DATA) -> Listing:
    return Listing(file="list.csv", url=site.url("list.csv"), sha256=sha(data))


def test_a_table_is_downloaded_once(site: Site) -> None:
    for _ in range(2):
        assert obtained(pinned(site)) == {"list.csv": (SHELF.lists / "list.csv",)}
    assert (SHELF.lists / "list.csv").read_bytes() == DATA
    assert len(site.asked) == 1


def test_every_table_of_the_captions_is_had(site: Site, own: Path) -> None:
    (own / "join.csv").write_bytes(b"id,start\na,1\n")
    only = Listing(file="only.csv", url=site.url("only.csv"))
    not_in = Listing(file="only.csv", url=site.url("only.csv"))
    found = obtained(pinned(site), only, not_in, Listing(file="join.csv"), beside=own)
    assert [*found] == ["list.csv", "only.csv", "join.csv"]
    assert [asked.name for asked in site.asked] == ["list.csv", "only.csv"]


def test_a_card_with_a_prompt_table_of_its_own_needs_none() -> None:
    assert obtain_lists(SHELF, Card("Own", 1, "text-to-audio", "x.csv"), None, None, Reporter(quiet=True)) == {}


def test_the_users_folder_comes_first_and_is_left_as_it_is(site: Site, own: Path) -> None:
    (own / "list.csv").write_bytes(DATA)
    before = tree(own)
    assert obtained(pinned(site), lists=own) == {"list.csv": (SHELF.lists / "list.csv",)}
    assert site.asked == []
    assert tree(own) == before
    assert tree(SHELF.lists) == {"list.csv": DATA}
    (own / "list.csv").unlink()
    assert obtained(pinned(site), lists=own)["list.csv"][0].read_bytes() == DATA
    assert site.asked == []


def test_a_table_of_the_users_that_is_another_is_refused(site: Site, own: Path) -> None:
    obtained(pinned(site))
    (own / "list.csv").write_bytes(OTHERS)
    with pytest.raises(BadInput) as caught:
        obtained(pinned(site), lists=own)
    assert str(caught.value) == f"{own / 'list.csv'} has the SHA-256 {sha(OTHERS)}, and the card wants {sha(DATA)}"
    assert tree(SHELF.lists) == {"list.csv": DATA}


def test_a_folder_without_the_table_is_said_to_have_none(
    site: Site, own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    obtain_lists(SHELF, card(pinned(site)), own, None, Reporter())
    assert capsys.readouterr().err.splitlines()[0] == f"--lists {own} has no list.csv"


def test_a_folder_of_tables_may_be_the_shelf_itself(site: Site) -> None:
    obtained(pinned(site))
    many = Listing(file="*.trans.tsv")
    (SHELF.lists / "_.trans.tsv").mkdir()
    (SHELF.lists / "_.trans.tsv" / "a.trans.tsv").write_bytes(DATA)
    before = tree(SHELF.lists)
    obtained(pinned(site), lists=SHELF.lists)
    obtained(many, lists=SHELF.lists / "_.trans.tsv")
    assert tree(SHELF.lists) == before


@pytest.mark.parametrize("option", ["lists", "beside"])
def test_a_folder_that_is_none_is_named(site: Site, own: Path, option: str) -> None:
    (own / "file").write_text("")
    options: dict[str, Any] = {option: own / "file"}
    with pytest.raises(BadInput, match=r"--(lists|audio) .*file is no folder"):
        obtained(pinned(site), **options)


def test_a_table_that_was_damaged_is_downloaded_again(site: Site) -> None:
    obtained(pinned(site))
    (SHELF.lists / "list.csv").write_bytes(OTHERS)
    assert obtained(pinned(site))["list.csv"][0].read_bytes() == DATA


def test_a_new_version_of_the_card_has_its_table_downloaded(site: Site) -> None:
    obtained(pinned(site))
    site.files["list.csv"] = OTHERS
    assert obtained(pinned(site, OTHERS))["list.csv"][0].read_bytes() == OTHERS


def test_a_new_address_without_a_digest_is_not_met_with_the_old_table(site: Site) -> None:
    obtained(Listing(file="list.csv", url=site.url("list.csv")))
    site.files["new/list.csv"] = OTHERS
    moved = Listing(file="list.csv", url=site.url("new/list.csv"))
    assert obtained(moved)["list.csv"][0].read_bytes() == OTHERS


@pytest.mark.parametrize("users", [False, True])
def test_where_no_digest_is_known_a_table_that_comes_back_different_is_refused(
    site: Site, own: Path, users: bool
) -> None:
    loose = Listing(file="list.csv", url=site.url("list.csv"))
    (own / "list.csv").write_bytes(DATA)
    obtained(loose, lists=own if users else None)
    (own / "list.csv").write_bytes(OTHERS)
    way = rf"\(to take another, remove {SHELF.folder}/held\.json\)"
    with pytest.raises(BadInput, match=f"has the SHA-256 {sha(OTHERS)}, and at first use it had {sha(DATA)} {way}"):
        obtained(loose, lists=own)
    (SHELF.lists / "list.csv").unlink()
    site.files["list.csv"] = OTHERS
    with pytest.raises(NotEvaluable, match=f"as the first time {way}; it was not kept; or give a copy of your own"):
        obtained(loose)
    (SHELF.folder / "held.json").unlink()
    assert obtained(loose)["list.csv"][0].read_bytes() == OTHERS


def test_what_is_held_to_does_not_go_with_the_cache(site: Site, tmp_path: Path) -> None:
    loose = Listing(file="list.csv", url=site.url("list.csv"))
    obtained(loose)
    shutil.rmtree(tmp_path / "cache", ignore_errors=True)
    (SHELF.lists / "list.csv").unlink()
    site.files["list.csv"] = OTHERS
    with pytest.raises(NotEvaluable, match="as the first time"):
        obtained(loose)


# Tables that nothing vouches for.


def test_a_table_that_nothing_vouches_for_takes_no_place_until_clips_were_made_of_it(site: Site) -> None:
    mine = card(Listing(file="list.csv", url=site.url("list.csv")))
    (SHELF.lists).mkdir(parents=True)
    (SHELF.lists / "list.csv").write_bytes(OTHERS)
    with pytest.raises(BadInput) as caught, unchecked(SHELF, mine):
        [path] = obtain_lists(SHELF, mine, None, None, Reporter(quiet=True))["list.csv"]
        assert path.read_bytes() == DATA
        raise BadInput(f"{path}, line 3: bad")
    assert str(caught.value) == f"{site.url('list.csv')}, line 3: bad; it was not kept"
    assert tree(SHELF.folder) == {"lists/list.csv": OTHERS}
    assert obtained(*mine.captions.lists)["list.csv"][0].read_bytes() == DATA  # type: ignore[union-attr]
    assert len(site.asked) == 2


def test_a_transfer_of_such_a_table_that_breaks_off_can_be_gone_on_with(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "PIECE", 5)
    site.faults["list.csv"] = Fault(cut=5, times=1)
    mine = card(Listing(file="list.csv", url=site.url("list.csv")))
    with pytest.raises(NotEvaluable, match="5 bytes of it are kept"), unchecked(SHELF, mine):
        obtain_lists(SHELF, mine, None, None, Reporter(quiet=True), hasty=True)
    assert obtained(*mine.captions.lists)["list.csv"][0].read_bytes() == DATA  # type: ignore[union-attr]
    assert site.asked[-1].range == "bytes=5-"
    assert sorted(path.name for path in SHELF.folder.iterdir()) == ["held.json", "lists"]


def test_offline_a_table_that_is_here_has_to_do(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_OFFLINE", "1")
    (SHELF.lists).mkdir(parents=True)
    (SHELF.lists / "list.csv").write_bytes(OTHERS)
    assert obtained(Listing(file="list.csv", url=site.url("list.csv")))["list.csv"][0].read_bytes() == OTHERS


def test_a_table_that_is_here_does_where_it_can_not_come_again_and_nothing_says_that_it_is_wrong(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    loose = Listing(file="list.csv", url=site.url("list.csv"))
    obtained(loose)
    (SHELF.folder / "held.json").unlink()
    site.files.clear()
    for _ in range(2):
        found = obtain_lists(SHELF, card(loose), None, None, Reporter())["list.csv"]
        assert keep_lists(SHELF, card(loose), {"list.csv": found})["list.csv"][0].read_bytes() == DATA
        said = capsys.readouterr().err.splitlines()
        assert said[-1].startswith(f"list.csv can't be downloaded from {site.url('list.csv')}: the server answers 404")
        assert said[-1].endswith("; the list.csv of an earlier time is taken")
    site.files["list.csv"] = OTHERS  # which is not refused for what was taken
    assert obtained(loose)["list.csv"][0].read_bytes() == OTHERS
    (SHELF.lists / "list.csv").write_bytes(DATA)
    site.files.clear()
    with pytest.raises(NotEvaluable, match="can't be downloaded"):
        obtained(loose)


def test_whether_tables_can_be_had(site: Site, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = card(pinned(site), Listing(file="only.csv"))
    assert not can_be_had(SHELF, mine, own)  # only.csv has no address
    (own / "only.csv").write_bytes(b"id\na\n")
    assert can_be_had(SHELF, mine, own)
    assert lists_at_hand(SHELF, mine, own) is None
    monkeypatch.setenv("BENCH_OFFLINE", "1")
    assert not can_be_had(SHELF, mine, own)


def test_in_haste_nothing_is_said_of_what_the_users_folder_lacks_and_no_advice_is_given(
    site: Site, own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site.faults["list.csv"] = Fault(status=503)
    with pytest.raises(NotEvaluable, match=r"the server answers 503 Service Unavailable$"):
        obtain_lists(SHELF, card(pinned(site)), own, None, Reporter(), hasty=True)
    assert capsys.readouterr().err.splitlines() == [f"downloading list.csv from {site.url('list.csv')}"]
    assert len(site.asked) == 1


def test_a_table_that_can_not_be_had_is_one_line(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.faults["list.csv"] = Fault(status=404)
    with pytest.raises(NotEvaluable, match=r"answers 404 .*; or give a copy of your own with --lists$"):
        obtained(pinned(site))
    monkeypatch.setenv("BENCH_OFFLINE", "1")
    with pytest.raises(NotEvaluable, match=r"BENCH_OFFLINE is set.*; or give a copy of your own with --lists$"):
        obtained(pinned(site))
    assert not SHELF.lists.exists() or tree(SHELF.lists) == {}


# Tables that come with the recordings.

METADATA = Listing(file="metadata.csv", format="pipe", headless=True, header=("id", "text"))
CHAPTERS = Listing(file="*.trans.tsv", format="tsv", headless=True, header=("id", "text"))


def test_a_table_is_found_anywhere_beside_the_audio_and_kept(own: Path) -> None:
    (own / "LJSpeech-1.1").mkdir()
    (own / "LJSpeech-1.1" / "metadata.csv").write_bytes(b"a|rain\n")
    before = tree(own)
    found = obtained(METADATA, beside=own)
    assert found == {"metadata.csv": (SHELF.lists / "metadata.csv",)}
    assert tree(own) == before
    assert obtained(METADATA) == found


def test_a_table_in_many_files_is_had_in_the_order_of_their_names(own: Path) -> None:
    for name in ("b/b_1.trans.tsv", "a/a_2.trans.tsv", "c/a_10.trans.tsv", "a/._a_2.trans.tsv", "a/a_2.wav"):
        (own / name).parent.mkdir(exist_ok=True)
        (own / name).write_text(name)
    [found] = obtained(CHAPTERS, beside=own).values()
    assert [path.name for path in found] == ["a_10.trans.tsv", "a_2.trans.tsv", "b_1.trans.tsv"]
    assert {path.parent for path in found} == {SHELF.lists / "_.trans.tsv"}
    assert obtained(CHAPTERS) == {"*.trans.tsv": found}


def test_what_is_beside_the_audio_now_takes_the_place_of_what_was(own: Path) -> None:
    (own / "a.trans.tsv").write_text("a")
    (own / "b.trans.tsv").write_text("b")
    assert len(obtained(CHAPTERS, beside=own)["*.trans.tsv"]) == 2
    (own / "a.trans.tsv").rename(own / "c.trans.tsv")
    (own / "b.trans.tsv").write_text("new")
    assert tree(obtained(CHAPTERS, beside=own)["*.trans.tsv"][0].parent) == {"b.trans.tsv": b"new", "c.trans.tsv": b"a"}


def test_a_pinned_table_on_the_shelf_comes_before_one_beside_the_audio(own: Path) -> None:
    listing = Listing(file="list.csv", sha256=sha(DATA))
    (own / "list.csv").write_bytes(DATA)
    obtained(listing, beside=own)
    (own / "list.csv").write_bytes(OTHERS)
    assert obtained(listing, beside=own)["list.csv"][0].read_bytes() == DATA
    (SHELF.lists / "list.csv").unlink()
    with pytest.raises(BadInput, match="the card wants"):
        obtained(listing, beside=own)


def test_what_a_kill_left_half_copied_is_cleared_away(own: Path) -> None:
    (SHELF.lists / "._.trans.tsv.new").mkdir(parents=True)
    (SHELF.lists / "._.trans.tsv.new" / "half").write_text("")
    (own / "a.trans.tsv").write_text("a")
    obtained(CHAPTERS, beside=own)
    assert tree(SHELF.lists) == {"_.trans.tsv/a.trans.tsv": b"a"}


KILLED = """\
import os, pathlib, signal, sys
from bench.card import Card
from bench.prepare.lists import keep_lists, obtain_lists
from bench.prepare.shelved import recover
from bench.prepared import Shelf
from bench.progress import Reporter
from bench.sources import Captions, Listing
own, file, left, shelf = sys.argv[1], sys.argv[2], int(sys.argv[3]), Shelf("own")

def killed(event, given):
    global left
    if event in ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "shutil.copyfile"):
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1

card = Card("Own", 1, "text-to-audio", Captions(list=Listing(file=file)))
found = obtain_lists(shelf, card, None, pathlib.Path(own), Reporter(quiet=True))
sys.addaudithook(killed)
recover(shelf)
keep_lists(shelf, card, found)
"""


@pytest.mark.parametrize("listing", [METADATA, CHAPTERS], ids=["a file", "a folder"])
def test_wherever_a_kill_comes_the_old_table_is_there_or_the_new_one(own: Path, listing: Listing) -> None:
    names = [listing.file] if "*" not in listing.file else ["a.trans.tsv", "b.trans.tsv"]
    for name in names:
        (own / name).write_bytes(DATA)
    before = {path.name: DATA for path in obtained(listing, beside=own)[listing.file]}
    for name in names:
        (own / name).write_bytes(OTHERS)
    whole = tree(SHELF.lists)
    for step in range(40):
        words = [sys.executable, "-c", KILLED, str(own), listing.file, str(step)]
        code = subprocess.run(words, check=False).returncode
        assert code in (0, -signal.SIGKILL)
        shutil.copytree(SHELF.lists, "left", dirs_exist_ok=False)
        recover(SHELF)
        now = {path.name: path.read_bytes() for path in obtained(listing)[listing.file]}
        assert now in (before, dict.fromkeys(before, OTHERS))
        assert tree(SHELF.lists).keys() == whole.keys()
        shutil.rmtree(SHELF.lists)
        if code == 0:
            break
        if now == before:  # the next kill comes to what this one left
            shutil.move("left", SHELF.lists)
        else:
            shutil.rmtree("left")
            for path, data in whole.items():
                (SHELF.lists / path).parent.mkdir(parents=True, exist_ok=True)
                (SHELF.lists / path).write_bytes(data)
    assert code == 0
    assert step > 1


def test_copies_of_one_table_have_to_be_equal(own: Path) -> None:
    for folder, data in (("one", DATA), ("two", DATA)):
        (own / folder).mkdir()
        (own / folder / "metadata.csv").write_bytes(data)
    assert obtained(METADATA, beside=own)["metadata.csv"][0].read_bytes() == DATA
    (own / "two" / "metadata.csv").write_bytes(OTHERS)
    with pytest.raises(BadInput, match=r"one/metadata\.csv and .*two/metadata\.csv are not equal.*--lists"):
        obtained(METADATA, beside=own)
    (own / "metadata.csv").write_bytes(OTHERS)
    assert obtained(METADATA, lists=own, beside=own)["metadata.csv"][0].read_bytes() == OTHERS


@pytest.mark.parametrize("given", [False, True])
def test_a_table_that_is_nowhere_is_named_with_where_it_was_looked_for(own: Path, given: bool) -> None:
    with pytest.raises(NotEvaluable) as caught:
        obtained(METADATA, beside=own if given else None)
    assert str(caught.value).startswith(f"metadata.csv is not here: looked in {SHELF.lists}")
    assert (str(own) in str(caught.value)) == given
    assert "--lists" in str(caught.value)


def test_two_tables_of_one_name_are_refused(site: Site) -> None:
    with pytest.raises(BadInput, match=r"two tables called list\.csv"):
        obtained(pinned(site), Listing(file="list.csv", url=site.url("other/list.csv")))


def test_a_copy_that_does_not_fit_on_the_disk_leaves_the_old_table(own: Path) -> None:
    (own / "metadata.csv").write_bytes(DATA)
    obtained(METADATA, beside=own)
    (own / "metadata.csv").write_bytes(DATA * 100)
    code = (
        "import resource, sys, pathlib; from bench.card import Card\n"
        "from bench.prepare.lists import keep_lists, obtain_lists\n"
        "from bench.prepared import Shelf; from bench.progress import Reporter\n"
        "from bench.sources import Captions, Listing\n"
        "card = Card('Own', 1, 'text-to-audio', Captions(list=Listing(file='metadata.csv')))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "found = obtain_lists(Shelf('own'), card, None, pathlib.Path(sys.argv[1]), Reporter(quiet=True))\n"
        "try: keep_lists(Shelf('own'), card, found)\n"
        "except OSError as error: print(error.strerror)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code, own], capture_output=True, text=True, check=True)
    assert ran.stdout == "File too large\n"
    assert tree(SHELF.lists) == {"metadata.csv": DATA}


def test_ones_own_tags_are_had_whatever_their_format(own: Path) -> None:
    tags = Listing(file="msd_tags.*", format="tags", id="track_id")
    tagged = Card("Own", 1, "text-to-music", Captions(list=tags, template="{tags}"))
    (own / "msd_tags.json").write_text('{"TRA": {"tag": ["rock"]}}')
    for name in ("msd_tags.json", "msd_tags.csv"):
        [paths] = keep_lists(SHELF, tagged, obtain_lists(SHELF, tagged, own, None, Reporter(quiet=True))).values()
        assert [path.name for path in paths] == [name]
        if name.endswith(".json"):
            (own / name).rename(own / "msd_tags.csv")
    assert tree(SHELF.lists) == {"msd_tags._/msd_tags.csv": b'{"TRA": {"tag": ["rock"]}}'}

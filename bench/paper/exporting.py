"""Writing what ``bench table`` makes: one document, or one file a system."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.errors import BadInput, NotEvaluable
from bench.paper.published import Published
from bench.record import Record


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all, and print its name.

    Raises:
        BadInput: it is a folder.
    """
    from bench.disk import write_atomically

    if path.is_dir():
        raise BadInput(f"--output {path} is a folder; name a file in it")
    write_atomically(path, text.encode())
    print(path)


def export(records: Sequence[Record], published: Published, form: str, output: Path | None) -> list[str]:
    """Write or print one file a system; what could not be taken comes back, one line each.

    Args:
        records: of any systems and suites.
        published: says what suites are called on the hub.
        form: a key of ``bench.paper.exports.EXPORTS``.
        output: a folder, or the one system's file; None to print.

    Raises:
        BadInput: several systems, and no folder to write them to; or what is named is a file of another kind.
    """
    from bench.paper.exports import EXPORTS, exported
    from bench.paper.measured import grouped
    from bench.paper.shown import known

    metrics = known(records)
    systems = exported(grouped(records), metrics, published)
    make, suffix = EXPORTS[form]
    folder = _folder(output, suffix, len(systems), form)
    strange = {name for record in records for name in record.all_scores()} - set(metrics)
    problems = [f"metric {name} is not known here, so it is left out" for name in sorted(strange)]
    for one in systems:
        try:
            text = make(one)
        except NotEvaluable as error:
            problems.append(str(error))
            continue
        if output:
            write(output / f"{one.name}{suffix}" if folder else output, text)
        else:
            print(text, end="")
    return problems


def _folder(output: Path | None, suffix: str, systems: int, form: str) -> bool:
    """Whether an export goes into a folder: always, unless the one system's file itself is named."""
    if systems > 1 and (output is None or output.is_file()):
        raise BadInput(f"{form} makes one file a system, and there are {systems}: give -o FOLDER")
    if output is None or (systems == 1 and output.suffix == suffix and not output.is_dir()):
        return False
    if output.is_file():
        raise BadInput(f"--output {output} is a file; name a folder, or a file that ends in {suffix}")
    return True

"""Puts a capture file's packets in the order of their times, with bounded memory."""

import heapq
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import chain
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

from lab.evidence.digests import FileDigest
from lab.evidence.pcapng import Blocks, blocks, time_ns
from lab.net import pcapng

_RUN_BYTES = 64 << 20
_CHUNK_BYTES = 1 << 20

Timed = tuple[int, bytes]
_time, _block = itemgetter(0), itemgetter(1)


def sort(path: Path, *, run_bytes: int = _RUN_BYTES) -> FileDigest:
    """Sort a whole capture in place: at any moment the file is there, sorted or as it was.

    Returns the digest of the sorted one.

    `run_bytes` of packets, at most, are in memory at once. EvidenceError as for `blocks`.
    """
    path = path.resolve()
    beside = path.with_name(f".{path.name}.sorting")
    digest = FileDigest()
    with ExitStack() as open_files:
        before: list[bytes] = []
        after: list[bytes] = []
        runs: list[Iterable[Timed]] = []
        run: list[Timed] = []
        size = 0
        for kind, block in blocks(path):
            if kind != pcapng.PACKET:
                (after if kind == pcapng.STATISTICS else before).append(block)
                continue
            run.append((time_ns(block), block))
            size += len(block)
            if size >= run_bytes:
                # It has no name, so that nothing is left of it however this ends.
                file = open_files.enter_context(TemporaryFile(dir=path.parent))
                runs.append(_put_by(run, file))
                run, size = [], 0
        run.sort(key=_time)
        try:
            with beside.open("wb", _CHUNK_BYTES) as sorted_file:
                merged = heapq.merge(*runs, run, key=_time)
                for block in chain(before, map(_block, merged), after):
                    digest.update(block)
                    sorted_file.write(block)
            shutil.copymode(path, beside)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    return digest


def _put_by(run: list[Timed], file: BinaryIO) -> Iterator[Timed]:
    run.sort(key=_time)
    file.writelines(block for _, block in run)
    file.seek(0)
    return _again(file)


def _again(file: BinaryIO) -> Iterator[Timed]:
    found = Blocks()
    while data := file.read(_CHUNK_BYTES):
        for _, block in found.feed(data):
            yield time_ns(block), block

"""The files under /etc that hosts get to see."""

from lab.engines.namespaces.host import etc_files


def test_the_labs_user_counts_where_the_machine_has_one_of_the_same_name() -> None:
    own = "root:x:0:0::/root:/bin/sh\nlab:x:1234:1234::/home/lab:/bin/sh"
    lines = etc_files.with_ours("passwd", own).splitlines()
    (first, *_) = [line for line in lines if line.startswith("lab:")]
    assert first.split(":")[2] == "800"
    assert own.splitlines()[0] in lines

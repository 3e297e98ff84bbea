"""Answers with a page of 3000 bytes, which is more than one segment."""

from messages import serve

PAGE = "".join(f"line {number:4}\n" for number in range(300))

serve(lambda _question: PAGE)

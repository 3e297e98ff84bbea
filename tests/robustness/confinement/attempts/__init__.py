"""Tries everything that a program on a host is to be kept from, and prints what came of it.

`python3 -m attempts` on a host, with a line of JSON on standard input: the numbers of system calls
that the C library has no function for, and facts of the machine. It prints a JSON object: for each
attempt `ok`, the name of an errno, or what was seen. Whatever succeeds changes nothing that stays.
Standard library only, because any host must be able to run it.
"""

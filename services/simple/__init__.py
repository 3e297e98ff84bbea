"""The chapter's servers and clients as plain listings: one file each, to be read from the top.

What a service needs besides (options, syslog, several clients at once, an orderly end) is in the
modules of `services`.
"""

"""System calls that a program on a host is refused, by their numbers on each kind of machine.

They are those that Docker's default profile does not allow without further capabilities
(moby/profiles, seccomp/default.json of 2025), but for a few of the oldest, which do no harm. The
numbers are the kernel's own, as libseccomp 2.5.4 has them; from 424 on they are alike everywhere.
"""

MACHINES = ("x86_64", "aarch64 riscv64", "ppc64le", "s390x")
# Of those machines in that order; None where there is no such call.
REFUSED: dict[str, tuple[int | None, int | None, int | None, int | None]] = {
    "acct": (163, 89, 51, 51),
    "add_key": (248, 217, 269, 278),
    "bpf": (321, 280, 361, 351),
    "clock_settime": (227, 112, 245, 259),
    "create_module": (174, None, 127, 127),
    "delete_module": (176, 106, 129, 129),
    "fanotify_init": (300, 262, 323, 332),
    "finit_module": (313, 273, 353, 344),
    "fsconfig": (431, 431, 431, 431),
    "fsmount": (432, 432, 432, 432),
    "fsopen": (430, 430, 430, 430),
    "fspick": (433, 433, 433, 433),
    "get_kernel_syms": (177, None, 130, 130),
    "get_mempolicy": (239, 236, 260, 269),
    "init_module": (175, 105, 128, 128),
    "io_uring_enter": (426, 426, 426, 426),
    "io_uring_register": (427, 427, 427, 427),
    "io_uring_setup": (425, 425, 425, 425),
    "ioperm": (173, None, 101, None),
    "iopl": (172, None, 110, None),
    "kcmp": (312, 272, 354, 343),
    "kexec_file_load": (320, 294, 382, 381),
    "kexec_load": (246, 104, 268, 277),
    "keyctl": (250, 219, 271, 280),
    "lookup_dcookie": (212, 18, 235, 110),
    "lsm_get_self_attr": (459, 459, 459, 459),
    "lsm_list_modules": (461, 461, 461, 461),
    "lsm_set_self_attr": (460, 460, 460, 460),
    "mbind": (237, 235, 259, 268),
    "migrate_pages": (256, 238, 258, 287),
    "mount": (165, 40, 21, 21),
    "mount_setattr": (442, 442, 442, 442),
    "move_mount": (429, 429, 429, 429),
    "move_pages": (279, 239, 301, 310),
    "nfsservctl": (180, 42, 168, 169),
    "open_by_handle_at": (304, 265, 346, 336),
    "open_tree": (428, 428, 428, 428),
    "pciconfig_iobase": (None, None, 200, None),
    "pciconfig_read": (None, None, 198, None),
    "pciconfig_write": (None, None, 199, None),
    "perf_event_open": (298, 241, 319, 331),
    "pidfd_getfd": (438, 438, 438, 438),
    "pivot_root": (155, 41, 203, 217),
    "process_madvise": (440, 440, 440, 440),
    "query_module": (178, None, 166, 167),
    "quotactl": (179, 60, 131, 131),
    "quotactl_fd": (443, 443, 443, 443),
    "reboot": (169, 142, 88, 88),
    "request_key": (249, 218, 270, 279),
    "rtas": (None, None, 255, None),
    "s390_guarded_storage": (None, None, None, 378),
    "s390_sthyi": (None, None, None, 380),
    "set_mempolicy": (238, 237, 261, 270),
    "set_mempolicy_home_node": (450, 450, 450, 450),
    "setdomainname": (171, 162, 121, 121),
    "sethostname": (170, 161, 74, 74),
    "setns": (308, 268, 350, 339),
    "settimeofday": (164, 170, 79, 79),
    "spu_create": (None, None, 279, None),
    "spu_run": (None, None, 278, None),
    "stime": (None, None, 25, None),
    "subpage_prot": (None, None, 310, None),
    "swapoff": (168, 225, 115, 115),
    "swapon": (167, 224, 87, 87),
    "switch_endian": (None, None, 363, None),
    "sys_debug_setcontext": (None, None, 256, None),
    "_sysctl": (156, None, 149, 149),
    "sysfs": (139, None, 135, 135),
    "syslog": (103, 116, 103, 103),
    "umount": (None, None, 22, 22),
    "umount2": (166, 39, 52, 52),
    "unshare": (272, 97, 282, 303),
    "uselib": (134, None, 86, 86),
    "userfaultfd": (323, 282, 364, 355),
    "ustat": (136, None, 62, 62),
    "vhangup": (153, 58, 111, 111),
}
# What is newer than the profile, it does not allow: programs are told that there is none.
NEWEST = 466
# Those that are refused with some arguments only.
CLONE = (56, 220, 120, 120)
CLONE3 = (435, 435, 435, 435)
PERSONALITY = (135, 92, 136, 136)
SOCKET = (41, 198, 326, 359)
# The call that installs the filter.
SECCOMP = (317, 277, 358, 348)

# Weighs a process and its children: sh -c "$(cat weigh.sh)" weigh PID
#
# A shell, not Python: another Python on the host would take a share of the pages that are counted.
# A process of another user cannot be read, so `read` may be less than `processes`: the caller asks
# again as that user. PSS is in proc_pid_smaps(5): each page divided by the processes that map it.
children=$(grep -ls "^PPid:[[:space:]]*$1$" /proc/[0-9]*/status | sed 's/status$/smaps_rollup/')
set -- "/proc/$1/smaps_rollup" $children
echo "processes $#"
# Read, then added up: an awk that starts meanwhile, or not yet, would take its share of the C library.
rollups=$(cat "$@" 2>/dev/null)
printf '%s\n' "$rollups" |
    awk '/^Pss:/ { n++; kib += $2 } END { print "read", n + 0; print "pss_kib", kib + 0 }'

# What the kernel holds for all processes of this machine: sockets, stacks, page tables. cgroup v2
# has it in memory.stat, v1 in a file of its own.
groups=/sys/fs/cgroup
if [ -e $groups/memory.stat ]; then
    awk '$1 == "kernel" { print "kernel_bytes", $2 }' $groups/memory.stat
elif [ -e $groups/memory/memory.kmem.usage_in_bytes ]; then
    echo "kernel_bytes $(cat $groups/memory/memory.kmem.usage_in_bytes)"
fi
awk '$1 == "MemAvailable:" { print "available_kib", $2 }' /proc/meminfo

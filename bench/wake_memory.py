"""Touches as much memory as the contestants use, and gives it back.

The host of a virtual machine may take back memory that lies idle. To get it again takes the first program that touches
it far longer than its own work. Which program that is would be chance.
"""

import mmap

WOKEN_BYTES = 512 << 20
# Of Linux 5.14; Python has no name for it.
MADV_POPULATE_WRITE = 23

if __name__ == "__main__":
    memory = mmap.mmap(-1, WOKEN_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    try:
        memory.madvise(mmap.MADV_HUGEPAGE)
        memory.madvise(MADV_POPULATE_WRITE)
    except OSError:
        for page in range(0, WOKEN_BYTES, mmap.PAGESIZE):
            memory[page] = 1

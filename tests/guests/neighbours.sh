#!/usr/bin/env bash
# Three Linuxes on one host, in turns of 10,000 to 10,000,000 instructions: each takes the course that it takes alone. NEIGHBOURS names
# the program of tests/core/test_neighbours.c.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
netboot_images
"$NEIGHBOURS" "$netboot/linux" "$netboot/initrd.gz" 'console=ttyS0 rdinit=/bin/sh -- -c "uname -a; ls /bin; poweroff -f"'

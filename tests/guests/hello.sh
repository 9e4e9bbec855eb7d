#!/usr/bin/env bash
# The embedded guest, bare and virtual, under both shadow policies and both monitors, twice: same console, same instruction count.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
run bare 0 --bare
run flush 0 --shadow flush
run again 0 --shadow flush
run trace 0 --shadow trace
run depth2 0 --depth 2
run depth3 0 --depth 3 --shadow trace
run hybrid 0 --vmm hybrid
run hybrid2 0 --vmm hybrid --depth 2 --shadow trace
expect flush "user: process 1 found 5133 primes below 50000"
expect flush "user: process 2 found 2762 primes below 25000"
expect flush "kernel: all processes have ended, powering off"
for other in flush again trace depth2 depth3 hybrid hybrid2; do same bare "$other"; done

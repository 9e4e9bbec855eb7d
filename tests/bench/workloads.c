/* workloads.c - what each machine is measured with: the same programs, and a system suite of its own. The checksum of a program is the
 * host's, that of the system suite a function of n alone.
 */
#include "tests/bench/bench.h"

static uint64_t linear(uint64_t n) { return n; }
static uint64_t sixteen_pages(uint64_t n) { return 16 * ((n + 1) / 2 + n / 2 * 2); }

#define WORK(name, group, n, about) {#name, #group, about, n, work_##name},

const struct workload workloads_riscv[] = {
#define SYSTEM(name, n, about, expected) {#name, "system", about, n, expected},
    WORKS SYSTEMS
#undef SYSTEM
    {0}};

const struct workload workloads_ia32[] = {
#define SYSTEM(name, group, n, about) {#name, #group, about, n, linear},
    WORKS IA32_SYSTEMS
#undef SYSTEM
    {0}};

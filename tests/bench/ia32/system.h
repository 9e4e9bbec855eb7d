/* system.h - the system suite on IA-32: what a PC's traps, translation and string instructions cost. n: how many of them. The checksum of
 * each is n if, and only if, what it measures really happened n times.
 */
#ifndef TRAPEZE_TESTS_BENCH_IA32_SYSTEM_H
#define TRAPEZE_TESTS_BENCH_IA32_SYSTEM_H

#include <stdint.h>

/* SYSTEM(name, group, n, about) */
#define IA32_SYSTEMS                                                                                                                  \
    SYSTEM(movs, copies, 1500, "REP MOVSD of 256 KiB")                                                                                \
    SYSTEM(stos, copies, 3000, "REP STOSD of 256 KiB")                                                                                \
    SYSTEM(int80, system, 2000000, "int 0x80 from ring 3, and back")                                                                  \
    SYSTEM(undefined, system, 2000000, "an undefined instruction in ring 0, skipped there")                                           \
    SYSTEM(fault, system, 2000000, "a load's page fault in ring 0, skipped there")                                                    \
    SYSTEM(demand, system, 1500000, "a page mapped when it is first written")                                                         \
    SYSTEM(cr3, system, 200000, "a switch of the address space, then 16 pages are read")

#define SYSTEM(name, group, n, about) uint64_t ia32_##name(uint64_t n_);
IA32_SYSTEMS
#undef SYSTEM

#endif

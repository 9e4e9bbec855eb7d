/* system.h - the system suite: what a machine's traps and translation cost. n: how many of them. The checksum of each is a function of
 * n alone.
 */
#ifndef TRAPEZE_TESTS_BENCH_SYSTEM_H
#define TRAPEZE_TESTS_BENCH_SYSTEM_H

#include <stdint.h>

/* SYSTEM(name, n, about, checksum): what comes out, by n (workloads.c). */
#define SYSTEMS                                                                                                                       \
    SYSTEM(ecall_u, 3000000, "ecall from U to S, and back", linear)                                                                   \
    SYSTEM(ecall_s, 3000000, "ecall from S to M, and back", linear)                                                                   \
    SYSTEM(ecall_m, 3000000, "ecall from M to M, and back", linear)                                                                   \
    SYSTEM(csrs, 300000, "ecall from U to S, whose handler uses twelve CSRs", linear)                                                 \
    SYSTEM(illegal, 3000000, "illegal instruction in S, skipped in M", linear)                                                        \
    SYSTEM(fault, 3000000, "load page fault in S, skipped in S", linear)                                                              \
    SYSTEM(demand, 2000000, "a page mapped when it is first written", linear)                                                         \
    SYSTEM(satp, 300000, "switch of the address space and a fence, then 16 pages are read", sixteen_pages)                            \
    SYSTEM(asid, 2000000, "the same between two ASIDs, without the fence", sixteen_pages)                                             \
    SYSTEM(timer, 500000, "timer armed for now by an ecall, and its interrupt, both in M", linear)

#define SYSTEM(name, n, about, checksum) uint64_t system_##name(uint64_t n_);
SYSTEMS
#undef SYSTEM

extern uint64_t *system_root; /* of the first address space */

/* guest.c */
void fail(const char *why);
uint64_t *table_new(void);
uint64_t *pte_of(uint64_t *root, uint64_t va);
void map_page(uint64_t *root, uint64_t va, uint64_t pa, int user);
uint64_t satp_of(const uint64_t *root, uint64_t asid);
uint64_t *address_space(void);
extern uint64_t machine_words[3]; /* [0]: timer interrupts */

#endif

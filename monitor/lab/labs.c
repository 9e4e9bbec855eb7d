/* labs.c - the table of assignments.
 *
 * A row of a stage:
 *
 *    {"csr", "the v_i of ...", STAGE(1),    D | F(CSR),        CHECK_GUESTS, lab_guest_csr, 8,      0,         0}
 *      name   about            needs        uses               how           guests' maker  guests  rules of scheduling, machines
 *                              stage 1      functions of the
 *                              passed       student's
 *
 * Stages are numbered from 1, as people read them; 0x7f is "stages 1 to 7", 0xbf all of the first eight but 7. The first stages ask for one
 * function each, so that a mistake is told in the function where it is; the last put everything together.
 */
#include "monitor/lab/labs.h"

#include "core/assignment.h"

#include <string.h>

#define F(name) LAB_BIT(LAB_##name)
#define STAGE(n) (1u << ((n)-1))

/* --- dispatch
 * D is used by all of its stages: without it no trap of the guest comes to any of the other functions. */
enum {
    D = F(DISPATCH) | F(REFLECTS),
    D_ALL = D | F(CSR) | F(MRET) | F(SRET) | F(ENTER) | F(INTERRUPT) | F(WFI) | F(SFENCE),
};
static const struct lab_stage dispatch[] = {
    {"dispatch", "D: whose trap is it, and what it is in the guest's terms", 0, D, CHECK_GUESTS, lab_guest_dispatch, 6, 0, 0},
    {"csr", "the v_i of the CSR instructions", STAGE(1), D | F(CSR), CHECK_GUESTS, lab_guest_csr, 8, 0, 0},
    {"return", "the v_i of mret and sret", STAGE(1), D | F(MRET) | F(SRET), CHECK_GUESTS, lab_guest_return, 8, 0, 0},
    {"enter", "the virtual CPU takes a trap", STAGE(1), D | F(ENTER), CHECK_GUESTS, lab_guest_enter, 8, 0, 0},
    {"interrupt", "which interrupt is due", STAGE(1) | STAGE(4), D | F(ENTER) | F(INTERRUPT), CHECK_GUESTS, lab_guest_interrupt, 8, 0,
     0},
    {"wait", "the v_i of wfi", STAGE(1), D | F(WFI), CHECK_GUESTS, lab_guest_wait, 6, 0, 0},
    {"fence", "the v_i of sfence.vma", STAGE(1), D | F(SFENCE), CHECK_GUESTS, lab_guest_fence, 6, 0, 0},
    {"kernel", "a kernel with processes, paging and a timer", 0x7f, D_ALL, CHECK_KERNEL, NULL, 1, 0, 0},
    {"log", "the trap log of golden/guest.bin is the golden one", 0x7f, D_ALL, CHECK_LOG, lab_guest_mixed, 1, 0, 0},
};

/* --- shadow
 * "leaf" and "dirty" have the same guests: those of one show what the walk found wrong, those of the other what the leaf grants too much.
 * "direct" is the other side of it: a leaf that grants too little is not wrong, only slow, which no comparison of two machines shows. */
enum { S_ALL = F(WALK) | F(RIGHTS) | F(FENCE) };
static const struct lab_stage shadow[] = {
    {"walk", "three levels, and entries that lead nowhere", 0, F(WALK), CHECK_GUESTS, lab_guest_walk, 6, 0, 0},
    {"rights", "who may do what: U, SUM, MXR, MPRV", STAGE(1), F(WALK), CHECK_GUESTS, lab_guest_rights, 8, 0, 0},
    {"large", "pages of 2 MiB and 1 GiB", STAGE(1) | STAGE(2), F(WALK), CHECK_GUESTS, lab_guest_large, 6, 0, 0},
    {"dirty", "A and D, set by hardware or by software", STAGE(1) | STAGE(2) | STAGE(3), F(WALK), CHECK_GUESTS, lab_guest_dirty, 8, 0,
     0},
    {"leaf", "what the leaf grants: W waits for D", 0xf, F(WALK) | F(RIGHTS), CHECK_GUESTS, lab_guest_dirty, 8, 0, 0},
    {"fence", "what is stale goes", 0x1f, S_ALL, CHECK_GUESTS, lab_guest_remap, 8, 0, 0},
    {"kernel", "a kernel with processes, paging and a timer", 0x3f, S_ALL, CHECK_KERNEL, NULL, 1, 0, 0},
    {"direct", "what a leaf can say is not done by hand", 0x1f, F(WALK) | F(RIGHTS), CHECK_DIRECT, lab_guest_dirty, 4, 0, 0},
    {"log", "the trap log of golden/guest.bin is the golden one", 0xbf, S_ALL, CHECK_LOG, lab_guest_tables, 1, 0, 0},
};

/* --- scheduler */
static const struct lab_stage scheduler[] = {
    {"runnable", "only who can run gets a turn, and somebody does", 0, F(PICK), CHECK_TURNS, lab_guest_sleepy, 3, TURNS_RUNNABLE, 3},
    {"starve", "nobody waits for ever", STAGE(1), F(PICK), CHECK_TURNS, lab_guest_busy, 3, TURNS_RUNNABLE | TURNS_STARVE, 4},
    {"fair", "equal weights, equal shares", STAGE(1) | STAGE(2), F(PICK), CHECK_TURNS, lab_guest_busy, 3,
     TURNS_RUNNABLE | TURNS_STARVE | TURNS_FAIR, 4},
    {"weights", "shares as the weights say", STAGE(1) | STAGE(2) | STAGE(3), F(PICK), CHECK_TURNS, lab_guest_busy, 4,
     TURNS_RUNNABLE | TURNS_STARVE | TURNS_FAIR | TURNS_WEIGHTS, 5},
    {"wake", "who wakes up is served soon", STAGE(1) | STAGE(2), F(PICK), CHECK_TURNS, lab_guest_sleepy, 4,
     TURNS_RUNNABLE | TURNS_STARVE | TURNS_LATENCY, 5},
};

/* --- flags
 * The frame of its guests goes to other rings by IRET, and its handlers return by it: so POPF is first, while that is still trapeze's. */
enum { F_ALL = F(POPF) | F(IRET) };
static const struct lab_stage flags[] = {
    {"popf", "which flags it loads, in which ring", 0, F(POPF), CHECK_GUESTS, lab_guest_popf, 6, 0, 0},
    {"stack", "words, stacks of 16 bits, and a stack that ends", STAGE(1), F(POPF), CHECK_GUESTS, lab_guest_popf_stack, 8, 0, 0},
    {"iret", "back to the same ring", STAGE(1), F(IRET), CHECK_GUESTS, lab_guest_iret, 6, 0, 0},
    {"outer", "to an outer ring, and what is hidden from it", STAGE(1) | STAGE(3), F(IRET), CHECK_GUESTS, lab_guest_outer, 8, 0, 0},
    {"refused", "frames that lead nowhere, and their exceptions", STAGE(1) | STAGE(3) | STAGE(4), F(IRET), CHECK_GUESTS,
     lab_guest_refused, 10, 0, 0},
    {"kernel", "a kernel with a timer and a process", 0x1f, F_ALL, CHECK_KERNEL, NULL, 1, 0, 0},
};

/* "traps" is the machine on which these instructions come to the VMM, which the plain one does not let happen. */
static const struct lab_start virt = {"virt", "none"}, traps = {"ia32:traps", NULL};

static const struct lab table[] = {
    {"dispatch", "trap and emulate: D, the v_i, trap entry", &virt, 360, dispatch, sizeof dispatch / sizeof *dispatch, D_ALL},
    {"shadow", "shadow page tables: the walk, the leaf, the fence", &virt, 300, shadow, sizeof shadow / sizeof *shadow, S_ALL},
    {"scheduler", "several virtual machines on one host", &virt, 150, scheduler, sizeof scheduler / sizeof *scheduler, F(PICK)},
    {"flags", "a PC's interrupt flag and rings: v_popf and v_iret", &traps, 240, flags, sizeof flags / sizeof *flags, F_ALL},
};

const struct lab *labs_at(unsigned index) { return index < sizeof table / sizeof *table ? &table[index] : NULL; }

const struct lab *labs_find(const char *name)
{
    const struct lab *l;
    for (unsigned i = 0; (l = labs_at(i)); i++)
        if (strcmp(l->name, name) == 0)
            return l;
    return NULL;
}

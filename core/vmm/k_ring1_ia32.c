/* k_ring1_ia32.c - K of ring compression as it was done before there was a guest mode: the guest's ring 0 is in real ring 1, and its rings
 * 1 to 3 are in themselves. Rings 0 and 1 fall together there, which few guests tell apart; virtual they stay two.
 *
 * What is gained is the pages. Real ring 1 is a supervisor for them, so that a leaf of the shadow has the guest's own U/S, one root is for
 * all rings, and a system call and its return need no other root, where in ring 3 each loads CR3 and has its TLB emptied. What a write
 * to a page without R/W is kept from then is the real CR0.WP, which is always set: without it D, traced tables and read-only
 * pages would be written through.
 *
 * What is privileged stays so: IOPL is 0 and CPL 1 is above it, the tables are empty, and bits by which a variant of the CPU makes an instruction
 * trap do so outside of ring 0. What shows without a trap is a 1 where in ring 3 a 3 is, as PUSH CS; PUSHF and SGDT show the same.
 */
#include "core/vmm/virtual_ia32.h"
#include "mmu/ia32_pt.h"

const char ia32_ring1_k[] =
    "mode = 1 while the guest is in ring 0, else its own ring: rings 0 and 1 fall together\n"
    "gdtr.limit = 0, ldtr and tr null: loads of segment registers, far transfers and IRET trap; no port is open\n"
    "idtr.limit = 0: nothing is ever vectored, a trap comes to the VMM\n"
    "eflags.IF = 1, IOPL = 0, VM = VIF = VIP = 0: CLI, STI, IN, OUT trap\n"
    "cr0: PE PG, and WP, which ring 1 needs; MP, EM, TS, NE and AM as the guest has them\n"
    "cr4.TSD = 1, all else 0: RDTSC traps; tables have no large pages\n"
    "cr3 = shadow root of the situation, for all rings: U/S as the guest has it\n"
    "segment registers: the guest's, but a DPL of 0, and an RPL of 0 of CS and SS, is 1\n"
    "dr0 to dr3, dr7: breakpoints that the guest has set\n"
    "FERR# and IGNNE#: led to the guest's board and from it\n"
    "what a variant of the CPU can make trap does: CR4.UMIP, MSR 140h, IA_TRAPS\n"
    "what is sensitive and does not trap under all this runs unseen: PUSHF, SGDT and their like, on the plain CPU";

const struct vm_k_row ia32_ring1_k_rows[] = {
    {"mode", MACHINE_MODE, 0, 0, "1 for the guest's ring 0, else its own ring"},
#define K_REG(name, reg, mask, value, pin, about)                                                                                     \
    {name, reg, (mask) == CR4_UMIP ? 0 : (mask), (mask) == CR4_UMIP ? 0 : (value), about}, /* not every CPU has that */
#include "core/vmm/k_ia32.def"
#include "core/vmm/k_ring1_ia32.def"
#undef K_REG
    {"cr3", IA_CR3, 0, 0, "the shadow's root of the situation"},
    {0},
};

/* Of a host, which has to be in a ring with less than all privileges. */
bool ia32_ring1_in_user(const struct machine *m)
{
    const uint64_t mode = machine_get(m, MACHINE_MODE);

    return mode >= IA_RING1 && mode <= IA_RING3;
}

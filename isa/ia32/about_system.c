/* about_system.c - IA-32's system instructions for people (isa/about.h): the register that one names, and what a CPU would say to it. */
#include "isa/ia32/about.h"

#include "isa/ia32/decode.h"

static bool decoded(const void *config, unsigned context, insn_t bits, ia_insn *i)
{
    uint8_t bytes[16];
    memcpy(bytes, &bits, sizeof bytes);
    return ia_decode(config, context, bytes, sizeof bytes, i) == IA_DECODED;
}

/* MOV to and from control and debug registers, which are decoded alike everywhere.
 * 0F 20 to 0F 23: /r has the control or debug register in its reg field, the general one in rm. Operands are of 32
 * bits whatever the segment says, so that the context of a segment of 32 bits decodes them rightly anywhere. */
bool ia32_about_named(unsigned row, insn_t bits, struct about_named *out)
{
    const bool debug = row == IA_INSN_mov_r_dr || row == IA_INSN_mov_dr_r, reads = row == IA_INSN_mov_r_cr || row == IA_INSN_mov_r_dr;
    ia_insn i;
    if ((!debug && row != IA_INSN_mov_r_cr && row != IA_INSN_mov_cr_r) || !decoded(&ia32_config_default, IA_CTX_D, bits, &i))
        return false;
    *out = (struct about_named){
        .reg = (debug ? (reg_t)IA_DR0 : (reg_t)IA_CR0) + i.reg, .reads = reads, .writes = !reads, .has_to = reads, .to = i.rm};
    return true;
}

/* MOV to CR3 orders all, INVLPG a page [SDM 3A 4.10.4.1].
 * The address that INVLPG names is computed here from the operand, for it is one of a place that need not be
 * readable: nothing is accessed. CR0 and CR4, too, change what translations mean; of the MOVs to control registers
 * only CR2's orders nothing. */
bool ia32_about_orders(const struct machine *m, unsigned row, insn_t bits, struct fence *out)
{
    struct about_named named;
    ia_insn i;
    if (row == IA_INSN_mov_cr_r) {
        *out = (struct fence){0};
        return ia32_about_named(row, bits, &named) && named.reg != IA_CR2;
    }
    if (row != IA_INSN_invlpg || !decoded(m->config, machine_context(m), bits, &i))
        return false;
    const uint64_t base = i.base == IA_NO_REGISTER ? 0 : machine_get(m, i.base);
    const uint64_t index = i.index == IA_NO_REGISTER ? 0 : machine_get(m, i.index) << i.scale;
    const uint64_t offset = (base + index + (uint64_t)i.disp) & (i.adsize == 2 ? 0xffff : UINT32_MAX);
    *out = (struct fence){.has_va = true, .va = (machine_get(m, IA_SEG + 4u * i.seg + IA_BASE) + offset) & UINT32_MAX};
    return true;
}

/* The same state, but that the instruction lies alone in a page, untranslated, in a code segment that has it, and without interrupts.
 * Paging off and CS from 0 to the end: so the fetch finds it, and what is raised is the instruction's own doing.
 * Other segments, the tables' registers and the ring are those asked about, but what they point to in memory is not
 * there. */
static void copy_registers(struct machine *to, const struct machine *from, uint64_t mode, uint64_t at)
{
    const reg_t cs = IA_SEG + 4 * IA_CS;
    for (unsigned n = 0; n < from->isa->reg_count; n++)
        machine_set(to, from->isa->regs[n].reg, machine_get(from, from->isa->regs[n].reg));
    machine_set(to, MACHINE_MODE, mode);
    machine_set(to, IA_CR0, machine_get(to, IA_CR0) & ~(uint64_t)CR0_PG);
    machine_set(to, cs + IA_BASE, 0);
    machine_set(to, cs + IA_LIMIT, UINT32_MAX);
    machine_set(to, IA_PENDING, 0);
    machine_set(to, MACHINE_PC, at);
}

/* The hardware itself is asked: a CPU is made for this one instruction, so that nothing of the machine that people
 * look at changes. A trap is a value that run() returns, and no handler is entered. */
struct trap ia32_about_predict(const struct machine *like, uint64_t mode, insn_t bits)
{
    const pa_t at = PAGE_SIZE;
    struct ram *ram = NULL;
    struct phys *phys = NULL;
    struct machine *m = NULL;
    struct trap t = {0};
    uint64_t retired = 0;
    if (ram_create(&ram, 2 * PAGE_SIZE) == 0 && phys_create(&phys) == 0 && phys_add_ram(phys, "ram", 0, 2 * PAGE_SIZE, ram, 0) == 0 &&
        ia32_create(&m, phys, NULL, like->config) == 0 && machine_store(m, at, &bits, sizeof bits) == 0) {
        copy_registers(m, like, mode, at);
        t = machine_run(m, 1, &retired);
    }
    machine_destroy(m);
    phys_destroy(phys);
    ram_destroy(ram);
    return t.kind == TRAP_EXCEPTION ? t : (struct trap){0};
}

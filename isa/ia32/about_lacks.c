/* about_lacks.c - what an instruction asks of the CPU that this one has not: bits of CR4 and MSRs of later processors [SDM 3A 2.5, SDM 4]. */
#include "isa/ia32/about.h"

#include "isa/ia32.h"

#include <stdio.h>

static const char *const cr4_bits[32] = {"VME",      "PVI",    NULL,         "DE",   NULL,   "PAE",  "MCE",  "PGE",
                                         "PCE",      "OSFXSR", "OSXMMEXCPT", "UMIP", "LA57", "VMXE", "SMXE", NULL,
                                         "FSGSBASE", "PCIDE",  "OSXSAVE",    NULL,   "SMEP", "SMAP"};

static const struct {
    uint32_t number;
    const char *name;
} msrs[] = {{0x174, " (SYSENTER_CS)"}, {0x277, " (PAT)"},          {0xc0000080, " (EFER, of 64-bit mode)"},
            {0xc0000081, " (STAR)"},   {0xc0000100, " (FS.base)"}, {0xc0000101, " (GS.base)"}};

/* CR4 as it would be, without what the CPU has. */
static void cr4_text(const struct machine *m, uint32_t value, char *out, size_t size)
{
    const struct ia32_config *config = m->config;
    const uint32_t lacks = value & ~(CR4_TSD | CR4_PSE | (config->variants & IA32_UMIP ? CR4_UMIP : 0u));
    for (unsigned n = 0; n < 32; n++)
        if (lacks >> n & 1) {
            snprintf(out, size, cr4_bits[n] ? "CR4.%s" : "a bit of CR4", cr4_bits[n]);
            return;
        }
}

static void msr_text(uint32_t number, char *out, size_t size)
{
    const char *name = "";
    for (unsigned n = 0; n < sizeof msrs / sizeof *msrs; n++)
        if (msrs[n].number == number)
            name = msrs[n].name;
    snprintf(out, size, "MSR 0x%x%s", number, name);
}

/* The hardware is asked whether it refuses: then what is named is why. */
bool ia32_about_lacks(const struct machine *m, unsigned row, insn_t bits, char *out, size_t size)
{
    struct about_named named;
    *out = '\0';
    if (ia32_about_predict(m, IA_RING0, bits).kind != TRAP_EXCEPTION)
        return false;
    if (row == IA_INSN_rdmsr || row == IA_INSN_wrmsr)
        msr_text((uint32_t)machine_get(m, IA_ECX), out, size);
    else if (row == IA_INSN_mov_cr_r && ia32_about_named(row, bits, &named) && named.reg == IA_CR4)
        cr4_text(m, (uint32_t)machine_get(m, named.to), out, size);
    return *out;
}

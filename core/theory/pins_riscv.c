/* pins_riscv.c - the configuration K of RISC-V, pin by pin [ARCHITECTURE.md, K].
 *
 * A pin is a setting that the VMM makes (counters off, no delegation), a promise that it keeps (real FS = virtual FS), or
 * something the manual leaves to the hart and this hart decides (WFI in U, reserved encodings, optional instructions). Each
 * can be taken out: a setting may then have any value in user mode, a promise is off, the hart is built the other way.
 */
#include "core/theory/theory_riscv.h"

#include <errno.h>
#include <string.h>

#include "core/theory/lab_riscv.h"

const struct k_pin riscv_pins[RISCV_PINS + 1] = {
    [PIN_COUNTERS_OFF] = {"counters-off", "mcounteren = scounteren = 0: cycle, time, instret and hpmcounters trap in U", false},
    [PIN_WFI_TRAPS] = {"wfi-traps", "WFI traps in U; taken out: it completes there, as the manual lets a hart do", false},
    [PIN_CBO_OFF] = {"cbo-off", "no cache-block operations; taken out: Zicbom and Zicboz are there, and envcfg may open them to U",
                     false},
    [PIN_RESERVED_TRAPS] = {"reserved-traps", "undefined encodings and CSRs trap; taken out: a custom CSR of U shows machine state",
                            false},
    [PIN_FS_IDENTITY] = {"fs-identity", "the real mstatus.FS is the virtual one; taken out: the VMM keeps FS for itself", false},
    [PIN_NO_DELEGATION] = {"no-delegation",
                           "medeleg = mideleg = 0: every trap comes to the VMM; taken out: some go to where stvec leads", false},
    [PIN_VECTOR_OWNED] = {"vector-owned", "mtvec leads to the VMM; taken out: it is the guest's, and leads anywhere", false},
    [PIN_SATP_OWNED] = {"satp-owned",
                        "satp holds a shadow root of the VMM's; taken out: it is the guest's, and leads to others' memory", false},
    [PIN_PMP_OWNED] = {"pmp-owned",
                       "PMP lets through what the shadow tables grant; taken out: it is the guest's, and refuses its data", false},
    {NULL, NULL, false},
};

static void set(struct riscv_k *k, unsigned csr, uint64_t value)
{
    k->setting[k->setting_count++] = (struct k_setting){.reg = RV_CSR + csr, .mask = UINT64_MAX, .value = value};
}

enum { PIN_ALWAYS = RISCV_PINS + 1 }; /* none that is ever out */

static void settings(struct riscv_k *k, unsigned without)
{
#define K_CSR(csr, value, pin)                                                                                                        \
    if (without != (unsigned)PIN_##pin)                                                                                               \
        set(k, CSR_##csr, value);
#include "core/vmm/k_riscv.def"
#undef K_CSR
    if (without != PIN_VECTOR_OWNED)
        set(k, CSR_mtvec, LAB_RISCV_ENTRY);
}

/* FS and SD are the program's own only as long as the VMM promises to load them with the program. */
static void promise(struct riscv_k *k, unsigned without)
{
    for (unsigned n = 0; n < k->field_count && without == PIN_FS_IDENTITY; n++)
        if (strcmp(k->field[n].name, "mstatus.FS") == 0 || strcmp(k->field[n].name, "mstatus.SD") == 0)
            k->field[n].part = PART_VIRTUAL;
}

static const char *k_text(unsigned without, struct arena *a)
{
    char text[256] = "";
    for (unsigned n = 0; n < RISCV_PINS; n++)
        if (n != without) {
            strcat(text, *text ? ", " : "");
            strcat(text, riscv_pins[n].name);
        }
    return arena_text(a, "%s", text);
}

int riscv_k_make(struct riscv_k *k, unsigned without, const struct lab_tables *tables, struct arena *a)
{
    *k = (struct riscv_k){.config = riscv_config_default, .text = k_text(without, a)};
    if (!k->text)
        return -ENOMEM;
    if (tables->field_count > RISCV_FIELDS_MAX)
        return -E2BIG;
    k->config.wfi_in_user = without == PIN_WFI_TRAPS;
    k->config.zicbom = k->config.zicboz = without == PIN_CBO_OFF;
    k->config.custom_csr = without == PIN_RESERVED_TRAPS;
    k->disowned = without == PIN_SATP_OWNED ? 1u << OWNED_SATP : without == PIN_PMP_OWNED ? 1u << OWNED_PMP : 0;
    settings(k, without);
    k->field_count = tables->field_count;
    for (unsigned n = 0; n < k->field_count; n++)
        k->field[n] = tables->fields[n];
    promise(k, without);
    return 0;
}

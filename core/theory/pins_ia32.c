/* pins_ia32.c - the configuration K of IA-32, pin by pin [ARCHITECTURE.md, K]: the VMM is outside of the machine, and all of a guest runs in
 * ring 3. A pin is a setting that the VMM makes (IOPL 0, empty tables) or a promise that it keeps (the selectors of data segments are those
 * that the guest has loaded). Each can be taken out, and all settings together: a setting may then be any, as the guest would have it, and a promise is off.
 */
#include "core/theory/theory_ia32.h"

#include <errno.h>
#include <string.h>

#include "core/theory/lab_ia32.h"

const struct k_pin ia32_pins[IA32_PINS + 1] = {
    [IA32_PIN_IOPL_0] = {"iopl-0", "the real IOPL is 0: CLI, STI and the instructions for ports trap outside of ring 0", true},
    [IA32_PIN_TSD] = {"tsd", "CR4.TSD = 1: RDTSC traps outside of ring 0", true},
    [IA32_PIN_TABLES_EMPTY] =
        {"tables-empty", "GDTR.limit = 0, LDTR null: no selector finds a descriptor; taken out: the guest's tables are the real ones",
         true},
    [IA32_PIN_TSS_EMPTY] = {"tss-empty", "TR.limit = 0: the task has no map of ports; taken out: it is the guest's", true},
    [IA32_PIN_IDT_OWNED] =
        {"idt-owned", "IDTR.limit = 0: INT n comes to the VMM, as every trap does; taken out: it goes where the guest's gates lead",
         true},
    [IA32_PIN_SELECTORS_KEPT] = {"selectors-kept", "the real DS, ES, FS and GS have the guest's selectors; taken out: the VMM's",
                                 false},
    [IA32_PIN_TS_IDENTITY] = {"ts-identity", "the real CR0.TS, MP, EM and NE are the virtual ones; taken out: the VMM's own", false},
    [IA32_PIN_CR3_OWNED] = {"cr3-owned",
                            "CR3 holds a shadow root of the VMM's; taken out: it is the guest's, and leads to others' memory", false},
    {NULL, NULL, false},
};

enum { IA32_PIN_ALWAYS = IA32_PIN_SETTINGS + 1 }; /* none that is ever out */

static bool withholds(unsigned pin) { return pin == IA32_PIN_TABLES_EMPTY || pin == IA32_PIN_TSS_EMPTY; }

/* On a CPU with inner mode K has other settings; in virtual-8086 mode no tables are looked into, and INT n comes to the VMM by IOPL. */
bool ia32_has_pin(uint32_t variants, unsigned pin)
{
    if (variants & IA32_V86)
        return pin != IA32_PIN_TABLES_EMPTY && pin != IA32_PIN_IDT_OWNED;
    return !(variants & IA32_VT) || !ia32_pins[pin].setting;
}

static bool is_out(unsigned pin, unsigned without)
{
    return without == pin || (pin < IA32_PINS && without == IA32_PIN_SETTINGS && ia32_pins[pin].setting);
}

static void settings(struct ia32_k *k, unsigned without)
{
#define K_REG(name, reg_, mask_, value_, pin, about)                                                                                  \
    if (!is_out(IA32_PIN_##pin, without))                                                                                             \
        k->setting[k->setting_count++] =                                                                                              \
            (struct k_setting){.reg = (reg_), .mask = (mask_), .value = (value_), .withholds = withholds(IA32_PIN_##pin)};
#include "core/vmm/k_ia32.def"
#undef K_REG
}

/* What the VMM promises of fields: that in the table they are identity holds as long as it keeps the real ones as the virtual ones are. */
static const struct {
    const char *field;
    unsigned pin;
} promises[] = {
    {"cr0.TS", IA32_PIN_TS_IDENTITY},         {"cr0.MP", IA32_PIN_TS_IDENTITY},         {"cr0.EM", IA32_PIN_TS_IDENTITY},
    {"cr0.NE", IA32_PIN_TS_IDENTITY},         {"ds.selector", IA32_PIN_SELECTORS_KEPT}, {"es.selector", IA32_PIN_SELECTORS_KEPT},
    {"fs.selector", IA32_PIN_SELECTORS_KEPT}, {"gs.selector", IA32_PIN_SELECTORS_KEPT},
};

bool ia32_k_promises(const char *field)
{
    for (unsigned p = 0; p < sizeof promises / sizeof *promises; p++)
        if (strcmp(promises[p].field, field) == 0)
            return true;
    return ia32_guest_given(field);
}

static void promise(struct ia32_k *k, unsigned without)
{
    for (unsigned p = 0; p < sizeof promises / sizeof *promises; p++)
        for (unsigned n = 0; n < k->field_count; n++)
            if (strcmp(k->field[n].name, promises[p].field) == 0 && is_out(promises[p].pin, without))
                k->field[n].part = PART_VIRTUAL;
}

/* On a CPU with inner mode. Its settings are no pins, and are out all together or not at all; of the pins that are settings it has none, so
 * that to take one out changes nothing. Its promises are the same. */
static void guest_settings(struct ia32_k *k, unsigned without)
{
#define K_REG(name, reg_, mask_, value_, pin, about)                                                                                  \
    if (without != IA32_PIN_SETTINGS)                                                                                                 \
        k->setting[k->setting_count++] = (struct k_setting){.reg = (reg_), .mask = (mask_), .value = (value_)};
#include "core/vmm/k_guest_ia32.def"
#undef K_REG
    k->text = without == IA32_PIN_SETTINGS ? "promises alone" : "exits, cr4, dr7, and promises";
    for (unsigned n = 0; n < k->field_count; n++)
        k->field[n].part = ia32_guest_part(k->field[n].name, k->field[n].reg, k->field[n].part);
    for (unsigned n = 0; n < k->reg_count; n++)
        k->reg[n].part = ia32_guest_part(k->reg[n].name, k->reg[n].reg, k->reg[n].part);
}

/* In virtual-8086 mode no tables are looked into, so that none are withheld. */
static void paragraphs(struct ia32_k *k)
{
    for (unsigned n = 0; n < k->setting_count; n++)
        k->setting[n].withholds = false;
    for (unsigned n = 0; n < k->field_count; n++)
        k->field[n].part = ia32_v86_part(k->field[n].reg, k->field[n].part);
    for (unsigned n = 0; n < k->reg_count; n++)
        k->reg[n].part = ia32_v86_part(k->reg[n].reg, k->reg[n].part);
}

static const char *k_text(unsigned without, uint32_t variants, struct arena *a)
{
    const char *text = "";
    for (unsigned n = 0; n < IA32_PINS && text; n++)
        if (!is_out(n, without) && ia32_has_pin(variants, n))
            text = arena_text(a, "%s%s%s", text, *text ? ", " : "", ia32_pins[n].name);
    return text && !*text ? "nothing" : text;
}

int ia32_k_make(struct ia32_k *k, unsigned without, uint32_t variants, const struct lab_tables *tables, struct arena *a)
{
    *k = (struct ia32_k){.config = ia32_config_default, .text = k_text(without, variants, a)};
    if (!k->text)
        return -ENOMEM;
    if (tables->field_count > IA32_FIELDS_MAX || tables->reg_count > IA32_REGS_MAX)
        return -E2BIG;
    k->config.variants = variants;
    k->disowned = is_out(IA32_PIN_CR3_OWNED, without) ? 1u << OWNED_CR3 : 0;
    k->field_count = tables->field_count;
    for (unsigned n = 0; n < k->field_count; n++)
        k->field[n] = tables->fields[n];
    k->reg_count = tables->reg_count;
    for (unsigned n = 0; n < k->reg_count; n++)
        k->reg[n] = tables->regs[n];
    if (variants & IA32_VT)
        guest_settings(k, without);
    else
        settings(k, without);
    if (variants & IA32_V86)
        paragraphs(k);
    promise(k, without);
    return 0;
}

/* ext.c - ext.def as the rest of the house asks for it: which extensions a hart has, and how one says which it is to have. */
#include "isa/riscv.h"

#include <stdio.h>

/* 100 units of the clock, a nanosecond each, are a tick of the 10 MHz `time`. After reset the PC is where the board
 * `virt` has its ROM. */
const struct riscv_config riscv_config_default = {
#define EXT(name, letter, word, has)
#define CHOICE(name) .name = true,
#include "isa/riscv/ext.def"
#undef CHOICE
    .asid_bits = 16, .pmp_entries = 16, .hartid = 0, .units_per_tick = 100, .reset_pc = 0x1000};

const char riscv_cpu_syntax[] = "rv64"
#define CHOICE(name) "[," #name "=on|off]"
#include "isa/riscv/ext.def"
#undef CHOICE
                                " (all on)";

/* What `-cpu rv64,NAME=on|off` may name: a member of struct riscv_config, found by its offset. */
static const struct {
    const char *name;
    size_t offset;
} choices[] = {
#define CHOICE(name) {#name, offsetof(struct riscv_config, name)},
#include "isa/riscv/ext.def"
#undef CHOICE
#undef EXT
};
enum { CHOICES = sizeof choices / sizeof choices[0] };

const char *riscv_choice(unsigned n) { return n < CHOICES ? choices[n].name : NULL; }
bool *riscv_choice_of(struct riscv_config *c, unsigned n) { return (bool *)((char *)c + choices[n].offset); }

#define CHOICE(name)
bool riscv_has(const struct riscv_config *c, unsigned ext)
{
    switch (ext) {
#define EXT(name, letter, word, has)                                                                                                  \
    case RV_EXT_##name:                                                                                                               \
        return has;
#include "isa/riscv/ext.def"
#undef EXT
    default: return false;
    }
}

/* "rv64imafdc_zicntr_zicsr_..." as device trees have it, in the order of ext.def; what a kernel does not look for
 * has no word. */
void riscv_isa_string(const struct riscv_config *c, char *out, size_t size)
{
    static const char *const words[] = {
#define EXT(name, letter, word, has) [RV_EXT_##name] = word,
#include "isa/riscv/ext.def"
#undef EXT
    };
    size_t at = (size_t)snprintf(out, size, "rv64");
    for (unsigned ext = 0; ext < RV_EXT_COUNT && at < size; ext++)
        if (riscv_has(c, ext))
            at += (size_t)snprintf(out + at, size - at, "%s", words[ext]);
}

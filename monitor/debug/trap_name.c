/* trap_name.c - see trap_name.h. */
#include "monitor/debug/trap_name.h"

#include "isa/pg.h"
#include "isa/riscv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cause {
    bool is_interrupt;
    uint64_t cause;
    const char *word, *name; /* NULL word ends a table */
};

static const struct cause riscv[] = {
    {false, RV_CAUSE_FETCH_MISALIGNED, "fetch-misaligned", "instruction address misaligned"},
    {false, RV_CAUSE_FETCH_ACCESS, "fetch-access", "instruction access fault"},
    {false, RV_CAUSE_ILLEGAL, "illegal", "illegal instruction"},
    {false, RV_CAUSE_BREAKPOINT, "breakpoint", "breakpoint (ebreak)"},
    {false, RV_CAUSE_LOAD_MISALIGNED, "load-misaligned", "load address misaligned"},
    {false, RV_CAUSE_LOAD_ACCESS, "load-access", "load access fault"},
    {false, RV_CAUSE_STORE_MISALIGNED, "store-misaligned", "store address misaligned"},
    {false, RV_CAUSE_STORE_ACCESS, "store-access", "store access fault"},
    {false, RV_CAUSE_ECALL_U, "ecall-u", "environment call from U-mode"},
    {false, RV_CAUSE_ECALL_U + RV_S, "ecall-s", "environment call from S-mode"},
    {false, RV_CAUSE_ECALL_U + RV_M, "ecall-m", "environment call from M-mode"},
    {false, RV_CAUSE_FETCH_PAGE, "fetch-page", "instruction page fault"},
    {false, RV_CAUSE_LOAD_PAGE, "load-page", "load page fault"},
    {false, RV_CAUSE_STORE_PAGE, "store-page", "store page fault"},
    {true, RV_IRQ_SSI, "ssi", "supervisor software interrupt"},
    {true, RV_IRQ_MSI, "msi", "machine software interrupt"},
    {true, RV_IRQ_STI, "sti", "supervisor timer interrupt"},
    {true, RV_IRQ_MTI, "mti", "machine timer interrupt"},
    {true, RV_IRQ_SEI, "sei", "supervisor external interrupt"},
    {true, RV_IRQ_MEI, "mei", "machine external interrupt"},
    {0},
};

static const struct cause pg[] = {
    {false, PG_TRAP_MEMORY, "memory", "memory trap"},
    {false, PG_TRAP_PRIVILEGED, "privileged", "privileged instruction in user mode"},
    {false, PG_TRAP_SVC, "svc", "supervisor call"},
    {false, PG_TRAP_UNDEFINED, "undefined", "no instruction"},
    {0},
};

static const struct cause *table(const struct isa *isa) { return isa == &isa_riscv ? riscv : pg; }

const char *trap_name(const struct isa *isa, const struct trap *t, char *out, size_t room)
{
    bool is_interrupt = t->kind == TRAP_INTERRUPT;
    for (const struct cause *c = table(isa); c->word; c++)
        if (c->is_interrupt == is_interrupt && c->cause == t->cause)
            return c->name;
    snprintf(out, room, "%s %llu", is_interrupt ? "interrupt" : "exception", (unsigned long long)t->cause);
    return out;
}

bool trap_cause(const struct isa *isa, const char *word, bool *is_interrupt, uint64_t *cause)
{
    char *end;
    for (const struct cause *c = table(isa); c->word; c++)
        if (strcmp(c->word, word) == 0) {
            *is_interrupt = c->is_interrupt;
            *cause = c->cause;
            return true;
        }
    *is_interrupt = false;
    *cause = strtoull(word, &end, 0);
    return *word >= '0' && *word <= '9' && !*end && *cause < 64;
}

const char *trap_word(const struct isa *isa, unsigned index)
{
    for (const struct cause *c = table(isa); c->word; c++)
        if (index-- == 0)
            return c->word;
    return NULL;
}

/* harts_riscv.c - the harts of RISC-V that are measured beside the usual one: what a CSR or an instruction is may hang on what there is.
 * Every hart that can be made has F, D and Zicsr, and none or 16 PMP entries.
 */
#include "core/theory/theory_riscv.h"

#include <errno.h>
#include <string.h>

const struct theory_hart riscv_harts[] = {
    {"pmp0", "without PMP"},
    {"sv39", "without Sv48"},
    {"least", "without PMP, Sv48, Svadu, Sstc and triggers"},
    {"cbo", "with Zicbom and Zicboz, which envcfg keeps from user mode"},
    {NULL, NULL},
};

const char *riscv_hart_named(const char *name)
{
    const struct theory_hart *h = riscv_harts;
    while (name && h->name && strcmp(h->name, name) != 0)
        h++;
    return name ? h->name : NULL;
}

int riscv_hart_make(const char *name, struct riscv_config *c)
{
    const bool least = name && strcmp(name, "least") == 0;
    if (!name)
        return 0;
    if (least || strcmp(name, "pmp0") == 0)
        c->pmp_entries = 0;
    if (least || strcmp(name, "sv39") == 0)
        c->sv48 = false;
    if (least)
        c->svadu = c->sstc = c->sdtrig = false;
    if (strcmp(name, "cbo") == 0)
        c->zicbom = c->zicboz = true;
    return riscv_hart_named(name) ? 0 : -EINVAL;
}

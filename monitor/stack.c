/* stack.c - how much RAM a machine needs follows from the one on top of it, so sizes are computed from the guest downwards and
 * machines are made from the bare one upwards. */
#include "monitor/stack.h"

#include "devices/virt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct vm_config level_config(const struct stack *s, unsigned level, uint64_t ram_size, enum shadow_policy policy)
{
    return (struct vm_config){.name = s->name[level], .ram_base = VIRT_RAM, .ram_size = ram_size, .shadow = policy};
}

static int bare_create(struct stack *s, const struct riscv_config *c, uint64_t ram_size, struct error *e)
{
    int r = ram_create(&s->ram, ram_size);
    if (r == 0)
        r = phys_create(&s->phys);
    if (r == 0)
        r = phys_add_ram(s->phys, "ram", VIRT_RAM, ram_size, s->ram, 0);
    if (r == 0)
        r = riscv_create(&s->level[0], s->phys, c);
    return r ? error_set(e, -r, "the host has no memory for a machine with %llu KiB of RAM", (unsigned long long)(ram_size >> 10)) : 0;
}

int stack_create(struct stack *s, const struct riscv_config *c, uint64_t ram_size, unsigned depth, enum shadow_policy policy,
                 struct error *e)
{
    uint64_t size[STACK_DEPTH_MAX + 1];
    memset(s, 0, sizeof *s);
    snprintf(s->name[0], sizeof s->name[0], "bare");
    size[depth] = ram_size;
    for (unsigned i = depth; i > 0; i--) {
        snprintf(s->name[i], sizeof s->name[i], "vm%u", i);
        struct vm_config v = level_config(s, i, size[i], policy);
        size[i - 1] = align_up(vmm_host_bytes(&v), PAGE_SIZE);
    }
    int r = bare_create(s, c, size[0], e);
    for (unsigned i = 1; r == 0 && i <= depth; i++) {
        struct vm_config v = level_config(s, i, size[i], policy);
        r = vmm_create_vm(s->level[i - 1], &v, &s->level[i], e);
        if (r == 0)
            s->depth = i;
    }
    if (r)
        stack_destroy(s);
    return r;
}

void stack_destroy(struct stack *s)
{
    for (unsigned i = s->depth + 1; i-- > 0;)
        machine_destroy(s->level[i]);
    phys_destroy(s->phys);
    ram_destroy(s->ram);
    memset(s, 0, sizeof *s);
}

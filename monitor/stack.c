/* stack.c - how much RAM a machine needs follows from the one on top of it, so sizes are computed from the guest downwards and
 * machines are made from the bare one upwards. */
#include "monitor/stack.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct vm_config level_config(const struct stack *s, const struct stack_config *c, unsigned level, uint64_t ram_size)
{
    struct vm_config v = c->each;
    v.name = s->name[level];
    v.ram_base = c->ram_base;
    v.ram_size = ram_size;
    return v;
}

/* The one block of memory of the run: all machines above live in slices of it. The host gives its pages when they are touched. */
static int bare_create(struct stack *s, const struct stack_config *c, uint64_t ram_size, struct error *e)
{
    uint64_t pages = align_up(ram_size, PAGE_SIZE);
    int r = ram_create(&s->ram, pages);
    if (r == 0)
        r = phys_create(&s->phys);
    if (r == 0)
        r = phys_add_ram(s->phys, "ram", c->ram_base, pages, s->ram, 0);
    if (r)
        return error_set(e, -r, "the host has no memory for a machine with %llu KiB of RAM", (unsigned long long)(ram_size >> 10));
    return c->bare(c->options, s->phys, ram_size, &s->level[0], e);
}

/* At depth 2, sizes from the right to the left, machines from the left to the right:
 *
 *   level[0] bare                        level[1] vm1                   level[2] vm2, the guest's
 *   RAM: vmm_host_bytes(vm1)      >=     vmm_host_bytes(vm2)     >=     ram_size
 *        |  vm1's RAM | its shadow tables |    |  vm2's RAM | its shadow tables |
 *
 * s->depth counts the virtual machines that were made, so that stack_destroy() takes apart what there is. */
int stack_create(struct stack *s, const struct stack_config *c, unsigned depth, struct error *e)
{
    const uint64_t ram_size = c->ram_size;
    uint64_t size[STACK_DEPTH_MAX + 1];
    memset(s, 0, sizeof *s);
    snprintf(s->name[0], sizeof s->name[0], "bare");
    size[depth] = ram_size;
    for (unsigned i = depth; i > 0; i--) {
        snprintf(s->name[i], sizeof s->name[i], "vm%u", i);
        struct vm_config v = level_config(s, c, i, size[i]);
        size[i - 1] = align_up(vmm_host_bytes(c->isa, &v), PAGE_SIZE);
    }
    int r = bare_create(s, c, size[0], e);
    if (r == -ENOMEM && depth)
        r = error_set(e, ENOMEM,
                      "the host has no memory for a machine with %llu KiB of RAM, which --depth %u needs for a guest with %llu KiB",
                      (unsigned long long)(size[0] >> 10), depth, (unsigned long long)(ram_size >> 10));
    for (unsigned i = 1; r == 0 && i <= depth; i++) {
        struct vm_config v = level_config(s, c, i, size[i]);
        r = vmm_create_vm(s->level[i - 1], &v, &s->level[i], e);
        if (r == 0)
            s->depth = i;
    }
    if (r)
        stack_destroy(s);
    return r;
}

/* From the top down: each lies in the memory of the one below. */
void stack_destroy(struct stack *s)
{
    for (unsigned i = s->depth + 1; i-- > 0;)
        machine_destroy(s->level[i]);
    phys_destroy(s->phys);
    ram_destroy(s->ram);
    memset(s, 0, sizeof *s);
}

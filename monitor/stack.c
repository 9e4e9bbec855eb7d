/* stack.c - how much RAM a machine needs follows from the one on top of it, so sizes are computed from the guest downwards and
 * machines are made from the bare one upwards. */
#include "monitor/stack.h"

#include "devices/virt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What the machines of a stack have in common. */
struct kind {
    const struct isa *isa;
    pa_t ram_base;
    struct vm_config each;
    const void *config; /* of the ISA */
    int (*bare)(struct stack *, const void *config, uint64_t ram_size, struct error *);
};

static int bare_riscv(struct stack *s, const void *config, uint64_t ram_size, struct error *e)
{
    int r = riscv_create(&s->level[0], s->phys, config);
    return r ? error_set(e, -r, "the host has no memory for a machine with %llu KiB of RAM", (unsigned long long)(ram_size >> 10)) : 0;
}

/* As many cells as the guest on top needs, and the machines between them. */
static int bare_pg(struct stack *s, const void *config, uint64_t ram_size, struct error *e)
{
    struct pg_config c = *(const struct pg_config *)config;
    uint64_t cells = ram_size / PG_CELL;
    if (cells > PG_CELLS_MAX)
        return error_set(e, EINVAL, "the bare machine would need %llu cells, and has no more than %d", (unsigned long long)cells,
                         PG_CELLS_MAX);
    c.cells = (unsigned)cells;
    int r = pg_create(&s->level[0], s->phys, &c);
    return r ? error_set(e, -r, "the host has no memory for a machine with %u cells", c.cells) : 0;
}

static struct vm_config level_config(const struct stack *s, const struct kind *k, unsigned level, uint64_t ram_size)
{
    struct vm_config v = k->each;
    v.name = s->name[level];
    v.ram_base = k->ram_base;
    v.ram_size = ram_size;
    return v;
}

static int bare_create(struct stack *s, const struct kind *k, uint64_t ram_size, struct error *e)
{
    uint64_t pages = align_up(ram_size, PAGE_SIZE);
    int r = ram_create(&s->ram, pages);
    if (r == 0)
        r = phys_create(&s->phys);
    if (r == 0)
        r = phys_add_ram(s->phys, "ram", k->ram_base, pages, s->ram, 0);
    if (r)
        return error_set(e, -r, "the host has no memory for a machine with %llu KiB of RAM", (unsigned long long)(ram_size >> 10));
    return k->bare(s, k->config, ram_size, e);
}

static int create(struct stack *s, const struct kind *k, uint64_t ram_size, unsigned depth, struct error *e)
{
    uint64_t size[STACK_DEPTH_MAX + 1];
    memset(s, 0, sizeof *s);
    snprintf(s->name[0], sizeof s->name[0], "bare");
    size[depth] = ram_size;
    for (unsigned i = depth; i > 0; i--) {
        snprintf(s->name[i], sizeof s->name[i], "vm%u", i);
        struct vm_config v = level_config(s, k, i, size[i]);
        size[i - 1] = align_up(vmm_host_bytes_on(k->isa, &v), PAGE_SIZE);
    }
    int r = bare_create(s, k, size[0], e);
    if (r == -ENOMEM && depth)
        r = error_set(e, ENOMEM,
                      "the host has no memory for a machine with %llu KiB of RAM, which --depth %u needs for a guest with %llu KiB",
                      (unsigned long long)(size[0] >> 10), depth, (unsigned long long)(ram_size >> 10));
    for (unsigned i = 1; r == 0 && i <= depth; i++) {
        struct vm_config v = level_config(s, k, i, size[i]);
        r = vmm_create_vm(s->level[i - 1], &v, &s->level[i], e);
        if (r == 0)
            s->depth = i;
    }
    if (r)
        stack_destroy(s);
    return r;
}

int stack_create(struct stack *s, const struct riscv_config *c, uint64_t ram_size, unsigned depth, const struct vm_config *each,
                 struct error *e)
{
    const struct kind riscv = {.isa = &isa_riscv, .ram_base = VIRT_RAM, .each = *each, .config = c, .bare = bare_riscv};
    return create(s, &riscv, ram_size, depth, e);
}

int stack_create_pg(struct stack *s, const struct pg_config *c, unsigned depth, const struct vm_config *each, struct error *e)
{
    const struct kind pg = {.isa = &isa_pg, .each = *each, .config = c, .bare = bare_pg};
    return create(s, &pg, (uint64_t)c->cells * PG_CELL, depth, e);
}

void stack_destroy(struct stack *s)
{
    for (unsigned i = s->depth + 1; i-- > 0;)
        machine_destroy(s->level[i]);
    phys_destroy(s->phys);
    ram_destroy(s->ram);
    memset(s, 0, sizeof *s);
}

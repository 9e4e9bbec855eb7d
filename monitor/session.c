/* session.c - machines, board and guest, as the options of `trapeze run` say. */
#include "monitor/session.h"

#include "devices/teletype.h"
#include "devices/virt.h"
#include "guests.h"
#include "monitor/pg_program.h"

#include <stdio.h>
#include <string.h>

bool session_carries_guest(const struct run_options *o)
{
    return !o->is_pg && !o->boot.kernel && (!o->boot.bios || strcmp(o->boot.bios, "builtin") == 0);
}

const char *session_kernel_name(const struct session *s)
{
    if (s->options->is_pg)
        return s->options->image[0].path;
    return s->options->boot.kernel ? s->options->boot.kernel : "the embedded guest";
}

static int make_pg(struct session *s, struct chardev console, struct error *e)
{
    const struct teletype_config board = {.at = PG_CONSOLE, .console = console};
    return system_create(&s->system, stack_top(&s->stack), teletype_create, &board, 1, e);
}

static int make_virt(struct session *s, struct chardev console, struct error *e)
{
    const struct run_options *o = s->options;
    riscv_isa_string(&o->cpu, s->isa, sizeof s->isa);
    struct virt_config board = {
        .ram_size = o->ram_size,
        .harts = 1,
        .isa = s->isa,
        .mmu_type = o->cpu.sv48 ? "riscv,sv48" : "riscv,sv39",
        .console = console,
        .seed = o->seed,
        .gateway = o->gateway,
    };
    memcpy(board.drive, o->drive, sizeof board.drive);
    return system_create(&s->system, stack_top(&s->stack), virt_create, &board, o->cpu.units_per_tick, e);
}

static int boot(struct session *s, struct error *e)
{
    struct boot_config b = s->options->boot;
    if (s->options->is_pg)
        return pg_program_load(s->options, s->system->machine, e);
    if (session_carries_guest(s->options)) {
        b.kernel_data = trapeze_guest_hello;
        b.kernel_size = trapeze_guest_hello_size;
    }
    return boot_system(s->system, &b, &s->booted, e);
}

int session_open(struct session *s, const struct run_options *o, unsigned depth, struct chardev console, struct error *e)
{
    *s = (struct session){.options = o};
    int r = o->is_pg ? stack_create_pg(&s->stack, &o->pg, depth, &o->each, e)
                     : stack_create(&s->stack, &o->cpu, o->ram_size, depth, &o->each, e);
    if (r == 0)
        r = o->is_pg ? make_pg(s, console, e) : make_virt(s, console, e);
    if (r == 0)
        r = boot(s, e);
    if (r)
        session_close(s);
    return r;
}

int session_reboot(struct session *s, struct error *e)
{
    s->reboots++;
    system_reset(s->system);
    return boot(s, e);
}

void session_close(struct session *s)
{
    system_destroy(s->system);
    stack_destroy(&s->stack);
    *s = (struct session){0};
}

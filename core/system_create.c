/* system_create.c - harts and a board are put together; reset; taken apart.
 */
#include "core/htif.h"
#include "core/sbi.h"
#include "core/system.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

static void power_off(void *opaque, int status) { system_end(opaque, END_POWEROFF, status, NULL); }
static void power_reboot(void *opaque) { system_end(opaque, END_REBOOT, 0, NULL); }
static bool look_at_host(void *opaque) { return system_glance(opaque); }

/* Boards may have wires for more harts than there are: those lead nowhere. */
static void line_set(void *opaque, unsigned number, bool level)
{
    const struct system_hart *hart = opaque;
    if (hart->machine)
        machine_irq(hart->machine, number, level);
}

/* The board's time is that of whose turn it is. */
static uint64_t board_time(void *opaque)
{
    const struct system *s = opaque;
    return machine_get(s->hart[s->at].machine, MACHINE_CLOCK);
}

/* Who knows whom: the board has the site's functions and knows neither system nor machine; the system has both, and
 * owns the board. The clock is made here and not by the board, since its time is the harts'. */
int system_create(struct system **out, struct machine *m, board_create_fn *create, const void *config, uint32_t units_per_tick,
                  struct error *e)
{
    struct system *s = calloc(1, sizeof *s);
    if (!s)
        return error_set(e, ENOMEM, "there is not enough memory for the system");
    s->machine = s->hart[0].machine = m;
    s->harts = 1;
    s->slice = SYSTEM_SLICE;
    s->clock = (struct clock){.now = board_time, .opaque = s, .units_per_tick = units_per_tick};
    struct board_site site = {.phys = m->phys,
                              .ports = m->ports,
                              .clock = &s->clock,
                              .power = {.off = power_off, .reboot = power_reboot, .opaque = s},
                              .host = {look_at_host, s}};
    for (unsigned n = 0; n < BOARD_CPUS; n++)
        site.cpu[n] = (struct irq_line){.set = line_set, .opaque = &s->hart[n]};
    int r = create(&s->board, config, &site, e);
    if (r) {
        free(s);
        return r;
    }
    *out = s;
    return 0;
}

/* The wires are driven once more, for a level that the board holds already is news to a hart that has just come. */
int system_add_hart(struct system *s, struct machine *m, struct error *e)
{
    if (s->firmware || s->htif)
        return error_set(e, ENOTSUP, "the built-in firmware and HTIF know of one hart");
    if (s->harts == board_cpus(s->board))
        return error_set(e, EINVAL, "the board has no place for another hart beside its %u", s->harts);
    if (m->phys != s->hart[0].machine->phys || m->isa != s->hart[0].machine->isa)
        return error_set(e, EINVAL, "the harts of a system are of one kind and on one memory");
    s->hart[s->harts++] = (struct system_hart){.machine = m};
    board_drive_lines(s->board);
    return 0;
}

void system_destroy(struct system *s)
{
    if (!s)
        return;
    firmware_destroy(s->firmware);
    htif_destroy(s->htif);
    board_destroy(s->board);
    free(s);
}

/* Harts first, then the board, which drives the lines of machines that are reset. Firmware is made anew by whoever
 * boots, since it is part of what was loaded. */
void system_reset(struct system *s)
{
    firmware_destroy(s->firmware);
    htif_destroy(s->htif);
    s->firmware = NULL;
    s->htif = NULL;
    s->resets++;
    for (unsigned n = 0; n < s->harts; n++) {
        machine_reset(s->hart[n].machine);
        s->hart[n].waiting = false;
    }
    if (s->harts > 1)
        s->machine = s->hart[0].machine;
    s->at = 0;
    s->round = 0;
    board_reset(s->board);
    s->result = (struct system_result){.end = END_RUNNING};
    s->ended = s->waiting = s->held = s->htif_stores = false;
    s->next_poll = 0;
    s->loop_retired = s->loop_count = 0;
}

int system_use_firmware(struct system *s, pa_t entry, pa_t device_tree)
{
    if (s->harts > 1)
        return -ENOTSUP;
    if (!s->firmware) {
        int r = firmware_create(&s->firmware, s);
        if (r)
            return r;
    }
    firmware_start(s->firmware, entry, device_tree);
    return 0;
}

/* Not with several harts: its triggers are those of one, and the others' stores would not be seen. */
int system_use_htif(struct system *s, pa_t tohost, pa_t fromhost)
{
    assert(!s->htif);
    return s->harts > 1 ? -ENOTSUP : htif_create(&s->htif, s, tohost, fromhost);
}

/* system_create.c - a system and its parts are made, reset and unmade: board, firmware, HTIF. */
#include "core/htif.h"
#include "core/sbi.h"
#include "core/system.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

static void power_off(void *opaque, int status) { system_end(opaque, END_POWEROFF, status, NULL); }
static void power_reboot(void *opaque) { system_end(opaque, END_REBOOT, 0, NULL); }
static bool look_at_host(void *opaque) { return system_glance(opaque); }
static void line_set(void *opaque, unsigned number, bool level) { machine_irq(opaque, number, level); }
static uint64_t machine_clock(void *opaque) { return machine_get(opaque, MACHINE_CLOCK); }

int system_create(struct system **out, struct machine *m, board_create_fn *create, const void *config, uint32_t units_per_tick,
                  struct error *e)
{
    struct system *s = calloc(1, sizeof *s);
    if (!s)
        return error_set(e, ENOMEM, "there is not enough memory for the system");
    s->machine = m;
    s->clock = (struct clock){.now = machine_clock, .opaque = m, .units_per_tick = units_per_tick};
    const struct board_site site = {.phys = m->phys,
                                    .clock = &s->clock,
                                    .power = {.off = power_off, .reboot = power_reboot, .opaque = s},
                                    .host = {look_at_host, s},
                                    .cpu = {{.set = line_set, .opaque = m}}};
    int r = create(&s->board, config, &site, e);
    if (r) {
        free(s);
        return r;
    }
    *out = s;
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

void system_reset(struct system *s)
{
    firmware_destroy(s->firmware);
    htif_destroy(s->htif);
    s->firmware = NULL;
    s->htif = NULL;
    s->resets++;
    machine_reset(s->machine);
    board_reset(s->board);
    s->result = (struct system_result){.end = END_RUNNING};
    s->ended = s->waiting = s->htif_stores = false;
    s->next_poll = 0;
    s->loop_retired = s->loop_count = 0;
}

int system_use_firmware(struct system *s, pa_t entry, pa_t device_tree)
{
    if (!s->firmware) {
        int r = firmware_create(&s->firmware, s);
        if (r)
            return r;
    }
    firmware_start(s->firmware, entry, device_tree);
    return 0;
}

int system_use_htif(struct system *s, pa_t tohost, pa_t fromhost)
{
    assert(!s->htif);
    return htif_create(&s->htif, s, tohost, fromhost);
}

/* stats_code.c - of the account, what a bare machine keeps of the guest's code: decoded pages, and machine code. */
#include "monitor/stats.h"

#include "isa/about.h"
#include "monitor/stats_vm.h"

static void machine_code_text(FILE *f, const struct about_decoded *d)
{
    char stretches[32], insns[32], written[32], full[32], dropped[32];
    fprintf(f, "machine code: %s stretch%s of %s instructions, %.1f of %.1f MiB;\n", stats_grouped(stretches, d->stretches),
            d->stretches == 1 ? "" : "es", stats_grouped(insns, d->translated), (double)d->code_bytes / (1 << 20),
            (double)d->code_room / (1 << 20));
    fprintf(f, "  code thrown away, in pages: %s when written, %s for room, %s forgotten\n", stats_grouped(written, d->thrown_written),
            stats_grouped(full, d->thrown_full), stats_grouped(dropped, d->thrown_dropped));
}

void stats_decoded_text(FILE *f, const struct machine *m, const char *whose)
{
    struct about_decoded d;
    char used[32], room[32], decoded[32], evicted[32];
    if (!about_decoded(m, &d))
        return;
    fprintf(f, "decoded code%s: %s of %s pages, at most %.1f MiB of the host so far;\n  %s decoded, %s taken back for room\n", whose,
            stats_grouped(used, d.used), stats_grouped(room, d.room), (double)d.host_bytes / (1 << 20),
            stats_grouped(decoded, d.decoded), stats_grouped(evicted, d.evicted));
    if (d.code_room)
        machine_code_text(f, &d);
}

void stats_decoded_json(struct json *j, const struct machine *m)
{
    struct about_decoded d;
    if (!about_decoded(m, &d))
        return;
    json_uint(j, "decoded_room", d.room);
    json_uint(j, "decoded_pages", d.used);
    json_uint(j, "decoded_bytes", d.host_bytes);
    json_uint(j, "decodes", d.decoded);
    json_uint(j, "decoded_evicted", d.evicted);
    if (!d.code_room)
        return;
    json_uint(j, "stretches", d.stretches);
    json_uint(j, "translated", d.translated);
    json_uint(j, "code_bytes", d.code_bytes);
    json_uint(j, "code_room", d.code_room);
    json_uint(j, "thrown_written", d.thrown_written);
    json_uint(j, "thrown_full", d.thrown_full);
    json_uint(j, "thrown_dropped", d.thrown_dropped);
}

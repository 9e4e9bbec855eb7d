/* view_harts.c - `info harts`, `hart`: the guest's harts, where each stands, and which one is looked at. */
#include "monitor/view/view.h"

#include <stdio.h>

/* "*  0  mode S  0x0000000080200022 <_start+34>  next to run". The star is where commands look, which a person may
 * change; whose turn it is the system decides, and with one hart it is not worth saying. */
static void hart_text(const struct debugger *d, unsigned n, const struct machine *m, const char *symbol)
{
    const uint64_t pc = about_pc(m);
    const bool turn = debugger_moment(d).hart == n;
    fprintf(d->out, "%c %2u  mode %-2s 0x%016llx%s%s%s\n", n == d->hart ? '*' : ' ', n,
            debugger_mode_name(d, machine_get(m, MACHINE_MODE)), (unsigned long long)pc, *symbol ? " " : "", symbol,
            turn && d->system->harts > 1 ? "  next to run" : "");
}

/* `selected` is where commands look, `next` whose turn it is: of the latter there is one, whoever is looked at. */
static void hart_json(const struct debugger *d, unsigned n, const struct machine *m)
{
    json_object(d->json, NULL);
    json_uint(d->json, "hart", n);
    json_bool(d->json, "selected", n == d->hart);
    json_bool(d->json, "next", debugger_moment(d).hart == n);
    json_string(d->json, "mode", debugger_mode_name(d, machine_get(m, MACHINE_MODE)));
    json_hex(d->json, "pc", about_pc(m));
    json_end(d->json);
}

/* Of the level looked at: below the guest one machine may carry several of its harts, and then stands in several lines. */
static void harts(const struct debugger *d)
{
    char symbol[96];
    if (d->json)
        json_array(d->json, "harts");
    for (unsigned n = 0; n < d->system->harts; n++) {
        const struct machine *m = debugger_machine_of(d, d->level, n);
        if (d->json)
            hart_json(d, n, m);
        else
            hart_text(d, n, m, debugger_symbol(d, about_pc(m), symbol, sizeof symbol));
    }
    if (d->json)
        json_end(d->json);
}

static int info_harts(struct debugger *d, const struct repl_args *a, struct error *e)
{
    int r = repl_no_more(a->text, e);
    if (r == 0)
        harts(d);
    return r;
}

/* A number too large for `unsigned` must not come out as a small one: it is clipped to what there is no hart of. */
static int hart(struct debugger *d, const struct repl_args *a, struct error *e)
{
    uint64_t n;
    int r = *a->text ? debugger_count(d, a->text, &n, e) : 0;
    if (r == 0 && *a->text)
        r = debugger_set_hart(d, n < UINT32_MAX ? (unsigned)n : UINT32_MAX, e);
    if (r == 0)
        harts(d);
    return r;
}

extern const struct repl_command repl_viewing_harts[];
const struct repl_command repl_viewing_harts[] = {
    {"hart", "thread", "[NUMBER]", "the guest's harts; or look at another one",
     "All of them run, turn by turn. Registers, memory, tables and views are those of the one looked at, and a stop\n"
     "selects the one that it stopped.",
     GROUP_LOOKING, hart, COMPLETE_NOTHING, false, NEEDS_STOPPED},
    {"info harts", "info threads, info cpus", "", "the guest's harts, and where each stands", NULL, GROUP_LOOKING, info_harts,
     COMPLETE_NOTHING, false, 0},
    {0},
};

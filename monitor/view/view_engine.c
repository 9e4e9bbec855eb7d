/* view_engine.c - `info engine`: what executes the bare machine's instructions, and what it has made of them so far. */
#include "monitor/view/view.h"

#include "isa/engine.h"
#include "monitor/stats.h"

static void engine_json(const struct debugger *d, const struct machine *m)
{
    json_object(d->json, NULL);
    json_string(d->json, "engine", engine_name(m->engine->kind));
    stats_decoded_json(d->json, m);
    json_end(d->json);
}

/* A virtual machine has no engine: what it does itself is done by the bare machine that it runs on. */
static int info_engine(struct debugger *d, const struct repl_args *a, struct error *e)
{
    const int r = repl_no_more(a->text, e);
    if (r)
        return r;
    if (d->json)
        json_array(d->json, "engines");
    for (unsigned n = 0; n < d->system->harts; n++) {
        const struct machine *m = debugger_machine_of(d, 0, n);
        if (!m->engine)
            continue;
        if (d->json) {
            engine_json(d, m);
            continue;
        }
        fprintf(d->out, "%s: %s\n", engine_name(m->engine->kind), engine_about(m->engine->kind));
        stats_decoded_text(d->out, m, "");
    }
    if (d->json)
        json_end(d->json);
    return 0;
}

extern const struct repl_command repl_viewing_engine[];
const struct repl_command repl_viewing_engine[] = {
    {"info engine", NULL, "", "what executes instructions, and what it has made of them",
     "Decoded pages; and of the engine that translates its stretches, their memory, and what was thrown away and why.", GROUP_VMM,
     info_engine, COMPLETE_NOTHING, false, 0},
    {0},
};

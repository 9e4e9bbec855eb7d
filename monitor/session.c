/* session.c - machines, board and guest, as the options of `trapeze run` say.
 *
 *     options --> stack: bare machine, virtual ones (stack.c) --> system: a board on the topmost (kind->plug) --> guest (kind->boot)
 *
 * and back in the other order. A command adds what looks on (console, debugger, instruments) between session_open() and the first
 * instruction.
 */
#include "monitor/session.h"

#include <errno.h>
#include <string.h>

#include "monitor/command.h"
#include "monitor/kind.h"
#include "monitor/pipes.h"

bool session_carries_guest(const struct run_options *o) { return run_options_guest(o) != NULL; }

/* As the person typed it, also where it came through a pipe. */
const char *session_kernel_name(const struct session *s) { return pipes_typed(s->options, s->options->kind->guest_name(s->options)); }

/* Another engine gives the same results, so it is no failure. But who asked for machine code should know that there is no translator, and
 * everybody that the host refuses the memory for it. */
static void say_refused(const struct run_options *o, const struct machine *bare)
{
    const struct engine_options *engine = bare->engine;
    if (!engine || !engine->refused || (engine->refused == ENOSYS && !o->engine_said) || !o->told || *o->told)
        return;
    *o->told = true;
    complain(0, "no machine code here (%s): the engine is the %s",
             engine->refused == ENOSYS ? "no translator" : strerror(engine->refused), engine_name(engine->kind));
}

int session_open(struct session *s, const struct run_options *o, unsigned depth, struct chardev console, struct error *e)
{
    *s = (struct session){.options = o};
    const struct stack_config machines = {.isa = o->kind->isa,
                                          .ram_base = o->kind->ram_base,
                                          .ram_size = o->kind->guest_ram(o),
                                          .each = o->each,
                                          .bare = o->kind->bare,
                                          .options = o};
    int r = o->boot.kernel ? kind_refuse_foreign(o->kind, o->boot.kernel, e) : 0;
    if (r == 0)
        r = stack_create(&s->stack, &machines, depth, e);
    if (r == 0)
        say_refused(o, s->stack.level[0]);
    if (r == 0)
        r = o->kind->plug(s, console, e);
    if (r == 0)
        phys_end_ram(s->system->machine->phys, o->kind->ram_base + o->kind->ram_most);
    if (r == 0)
        r = o->kind->boot(s, e);
    if (r)
        session_close(s);
    return r;
}

/* The machine stays, and so do the drives; memory is as the loader leaves it over what was there. */
int session_reboot(struct session *s, struct error *e)
{
    s->reboots++;
    system_reset(s->system);
    return s->options->kind->boot(s, e);
}

void session_close(struct session *s)
{
    system_destroy(s->system);
    stack_destroy(&s->stack);
    *s = (struct session){0};
}

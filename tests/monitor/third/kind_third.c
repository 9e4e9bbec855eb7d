/* kind_third.c - the machine of the tests' instruction set on the command line. */
#include "monitor/kind.h"

#include "core/loader.h"
#include "monitor/run_setters.h"
#include "monitor/session.h"
#include "tests/devices/third/third_board.h"
#include "tests/isa/third/third.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

enum { GUEST_RAM = 1 << 16 };

static struct third_config *own(const struct run_options *o) { return o->own; }

static int rest_set(struct run_options *o, const char *rest, struct error *e)
{
    own(o)->leaks = strcasecmp(rest, ":leaks") == 0;
    return !*rest || own(o)->leaks ? 0 : error_set(e, EINVAL, "the machine third has no variant '%s'", rest + 1);
}

static const struct option_desc table[] = {
    {"M", VALUE_NEEDED, "third[:leaks]", run_set_machine, "the tests' own machine"},
    {"machine", VALUE_NEEDED, "third", run_set_machine, NULL},
    RUN_SETTERS_COMMON("rings 0 and 1 are"),
    {0},
};

static void defaults(struct run_options *o) { own(o)->bytes = GUEST_RAM; }
static int check(const struct run_options *o, struct error *e)
{
    return o->images == 1 ? 0 : error_set(e, EINVAL, "there is one program to run: trapeze run -M third FILE");
}
static void help(void) { options_help(table); }
static const char *variant(const struct run_options *o) { return own(o)->leaks ? "leaks" : NULL; }

static struct insn_desc row(const struct run_options *o, unsigned n)
{
    struct insn_desc d = isa_third.rows[n];
    if (own(o)->leaks && n == THIRD_ring)
        d.traps = TRAPS_NEVER;
    return d;
}

static const char *guest_name(const struct run_options *o) { return o->image[0].path; }
static uint64_t guest_ram(const struct run_options *o) { return own(o)->bytes; }

static int bare(const struct run_options *o, struct phys *phys, uint64_t bytes, struct machine **out, struct error *e)
{
    const struct third_config c = {.bytes = bytes, .leaks = own(o)->leaks};
    const int r = third_create(out, phys, &c);
    return r ? error_set(e, -r, "the host has no memory for a machine") : 0;
}

static int plug(struct session *s, struct chardev console, struct error *e)
{
    return system_create(&s->system, stack_top(&s->stack), third_board_create, &console, 1, e);
}

static int boot(struct session *s, struct error *e)
{
    size_t size;
    return load_file_at(s->system->machine->phys, s->options->image[0].path, 0, &size, e);
}

const struct kind kind_third = {
    .machine = "third",
    .shown = "third[:leaks]",
    .separator = ':',
    .isa = &isa_third,
    .own_size = sizeof(struct third_config),
    .defaults = defaults,
    .options = table,
    .rest_set = rest_set,
    .word = run_options_image,
    .check = check,
    .help = help,
    .variant = variant,
    .row = row,
    .guest_name = guest_name,
    .is_short = true,
    .guest_ram = guest_ram,
    .bare = bare,
    .plug = plug,
    .boot = boot,
};

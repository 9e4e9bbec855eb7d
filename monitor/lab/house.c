/* house.c - see house.h. */
#include "monitor/lab/house.h"

#include "monitor/kind.h"

#include <errno.h>
#include <stdlib.h>

/* The VM waits, and nothing of its own comes before `until`. Time goes on in the house, and then for the VM.
 * A wait ends the turn: the house notes when it would be over, by its own clock, and others get the host. When the VM has its next turn
 * that time has come, so `may_go` lets the board's clock jump there at once. UINT64_MAX: nothing
 * will come, and the guest's board decides. */
static uint64_t idle(void *opaque, uint64_t now, uint64_t until)
{
    struct tenant *t = opaque;
    if (t->may_go || until == UINT64_MAX) {
        t->may_go = false;
        return until;
    }
    t->waits = true;
    t->wake = t->now + (t->session.system->retired - t->began) + (until - now);
    system_pause(t->session.system);
    return now;
}

/* What the options say of a virtual machine, as session_open() would read them: all tenants are alike. */
static struct vm_config config_of(const struct run_options *o)
{
    struct vm_config c = o->each;
    c.name = "vm";
    c.ram_base = o->kind->ram_base;
    c.ram_size = o->kind->guest_ram(o);
    return c;
}

static int host_create(struct house *h, unsigned count, struct error *e)
{
    const struct run_options *o = &h->options;
    const struct vm_config c = config_of(o);
    const uint64_t size = count * align_up(vmm_host_bytes(o->kind->isa, &c), UINT64_C(2) << 20);
    int r = ram_create(&h->ram, size);
    if (r == 0)
        r = phys_create(&h->phys);
    if (r == 0)
        r = phys_add_ram(h->phys, "ram", o->kind->ram_base, size, h->ram, 0);
    if (r)
        return error_set(e, -r, "the host has no memory for %u virtual machines", count);
    return o->kind->bare(o, h->phys, size, &h->host, e);
}

/* The session gets its host's machine as level 0 without owning it, so it is not closed as a session but piece by piece, in
 * house_close(). */
static int tenant_create(struct house *h, const struct lab_job *j, unsigned guest, unsigned vm, struct error *e)
{
    struct tenant *t = &h->at[vm];
    const struct vm_config c = config_of(&h->options);
    t->options = h->options;
    t->code = malloc(sizeof *t->code);
    if (!t->code)
        return error_set(e, ENOMEM, "there is not enough memory");
    if (!lab_job_guest(j, guest, vm, t->code))
        return error_set(e, EINVAL, "a scheduler needs guests");
    t->options.boot.kernel_data = (const uint8_t *)t->code->word;
    t->options.boot.kernel_size = t->code->count * sizeof *t->code->word;
    t->session = (struct session){.options = &t->options, .stack = {.depth = 1}};
    t->session.stack.level[0] = h->host;
    int r = vmm_create_vm(h->host, &c, &t->session.stack.level[1], e);
    if (r == 0)
        r = t->options.kind->plug(&t->session, (struct chardev){0}, e);
    if (r == 0)
        r = t->options.kind->boot(&t->session, e);
    if (r == 0)
        t->session.system->host = (struct system_host){.idle = idle, .opaque = t};
    return r;
}

/* The options are those of one guest, whichever; each tenant has a copy with its own. */
int house_open(struct house *h, const struct lab_job *j, unsigned guest, struct error *e)
{
    struct lab_code *none = calloc(1, sizeof *none); /* each has a guest of its own */
    *h = (struct house){.at = calloc(HOUSE_VMS, sizeof *h->at)};
    int r = none && h->at ? lab_options(&h->options, j->lab, none, e) : error_set(e, ENOMEM, "there is not enough memory");
    free(none);
    if (r == 0)
        r = host_create(h, j->stage->vms, e);
    for (; r == 0 && h->count < j->stage->vms; h->count++)
        r = tenant_create(h, j, guest, h->count, e);
    if (r)
        house_close(h);
    return r;
}

void house_close(struct house *h)
{
    for (unsigned i = 0; i < h->count; i++) {
        system_destroy(h->at[i].session.system);
        machine_destroy(house_vm(h, i));
        free(h->at[i].code);
    }
    machine_destroy(h->host);
    phys_destroy(h->phys);
    ram_destroy(h->ram);
    run_options_free(&h->options);
    free(h->at);
    *h = (struct house){0};
}

bool house_ended(const struct house *h, unsigned vm) { return h->at[vm].session.system->ended; }

/* `began` and `now` let idle() convert: a moment of the VM's own instructions to one of the house. */
uint64_t house_turn(struct house *h, unsigned vm, uint64_t slice, uint64_t now)
{
    struct tenant *t = &h->at[vm];
    struct system *s = t->session.system;
    const uint64_t before = s->retired;
    t->now = now;
    t->began = before;
    t->may_go = t->waits;
    t->waits = false;
    (void)system_run(s, slice);
    /* It stopped at the very end of its slice, on a wait: how long that is to be is asked now. */
    if (!s->ended && !t->waits && s->waiting && !s->machine->isa->wakes(s->machine))
        (void)system_run(s, 1);
    return s->retired - before;
}

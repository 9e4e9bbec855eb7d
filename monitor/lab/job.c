/* job.c - see job.h. */
#include "monitor/lab/job.h"

#include "monitor/lab/plugin.h"
#include "monitor/lab/seed.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Behind what is there, cut off at the end of the room. Without stdio's buffers: the text must be in shared memory when the next line
 * crashes. */
static void add(char *out, size_t size, const char *format, va_list arguments)
{
    size_t at = 0;
    while (at < size && out[at])
        at++;
    if (at < size)
        vsnprintf(out + at, size - at, format, arguments);
}

/* The first fault wins: what comes after it is often only its consequence. */
void lab_fault(struct lab_finding *f, const char *format, ...)
{
    va_list arguments;
    if (f->kind != FOUND_NOTHING)
        return;
    f->kind = FOUND_FAULT;
    va_start(arguments, format);
    add(f->why, sizeof f->why, format, arguments);
    va_end(arguments);
}

void lab_detail(struct lab_finding *f, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(f->detail, sizeof f->detail, format, arguments);
    va_end(arguments);
}

void lab_place(struct lab_finding *f, uint64_t retired, uint64_t pc)
{
    f->placed = true;
    f->retired = retired;
    f->pc = pc;
}

/* Where several machines run at once each has a guest of its own, so their numbers go on through all of them: of three machines guest 1
 * has the seeds 3, 4 and 5. */
bool lab_job_guest(const struct lab_job *j, unsigned guest, unsigned vm, struct lab_code *out)
{
    const unsigned each = j->stage->vms ? j->stage->vms : 1;
    if (!j->stage->guest)
        return false;
    j->stage->guest(out, lab_guest_seed(j->seed, j->lab->name, j->stage->name, guest * each + vm));
    return true;
}

int lab_write_guest(FILE *f, const void *guest, struct error *e)
{
    const struct lab_code *code = guest;
    if (fwrite(code->word, sizeof *code->word, code->count, f) == code->count)
        return 0;
    return error_set(e, EIO, "the guest cannot be written");
}

/* The options are parsed from words, as the command's are, so that the machine of a check and that of the command it prints for a person
 * are the same by construction; words are read, and kept by pointers. The kernel is in memory: "the random guest" is how sentences call it. */
int lab_options(struct run_options *o, const struct lab *lab, const struct lab_code *code, struct error *e)
{
    const struct lab_start *start = lab->start;
    const char *word[] = {"-M", start->machine, "-m", LAB_RAM, "-kernel", "the random guest", "-bios", start->bios};
    const int count = !code ? 4 : start->bios ? 8 : 6;
    int r = run_options_parse(o, count, (char **)(uintptr_t)word, e);
    if (r == 0)
        *o->told = true; /* which engine it is is no matter of a check */
    if (r == 0 && code) {
        o->boot.kernel_data = (const uint8_t *)code->word;
        o->boot.kernel_size = code->count * sizeof *code->word;
    }
    return r;
}

static int check(struct lab_job *j, unsigned guest, struct lab_code *code, struct error *e)
{
    const bool random = lab_job_guest(j, guest, 0, code);
    switch (j->stage->check) {
    case CHECK_LOG: return lab_check_log(j, code, e);
    case CHECK_DIRECT: return lab_check_direct(j, code, e);
    case CHECK_TURNS: return lab_check_turns(j, guest, e);
    case CHECK_GUESTS:
    case CHECK_KERNEL: break;
    }
    return lab_check_guest(j, random ? code : NULL, e);
}

static void trouble(struct lab_finding *f, enum finding_kind kind, const struct error *e)
{
    f->kind = kind;
    snprintf(f->why, sizeof f->why, "%s", e->text);
}

/* In the child. The plug-in is opened here and not in the parent, for loading it runs its constructors. */
void lab_job_run(void *job)
{
    struct lab_job *j = job;
    struct lab_finding *f = &j->shared->finding;
    struct lab_code *code = malloc(sizeof *code);
    struct error e = {"there is not enough memory"};
    int r = code ? 0 : -ENOMEM;
    j->opened = plugin_open(j->plugin, j->lab, &e);
    if (!j->opened)
        trouble(f, FOUND_UNFIT, &e);
    for (unsigned n = 0; r == 0 && f->kind == FOUND_NOTHING && n < j->stage->guests; n++) {
        f->guest = n;
        r = check(j, n, code, &e);
    }
    if (r)
        trouble(f, FOUND_TROUBLE, &e);
    free(code);
}

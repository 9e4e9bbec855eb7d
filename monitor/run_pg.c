/* run_pg.c - `trapeze run -M pg`: assembles programs of the paper's machine, or reads their cells, and runs them bare or in virtual
 * machines. What the guest prints goes to stdout; it has no input. */
#include "monitor/run_pg.h"

#include "core/loader.h"
#include "core/plain.h"
#include "monitor/command.h"
#include "monitor/instruments.h"
#include "monitor/outfile.h"
#include "monitor/stack.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLICE = 1000000 }; /* instructions between looks at what was printed */

/* --- Programs: text is assembled; what has a zero byte in it is cells as they are. */

static int refuse_foreign(const char *path, const uint8_t *data, size_t size, struct error *e)
{
    const char *what = NULL;
    if (size >= 20 && memcmp(data, "\177ELF", 4) == 0)
        what = data[18] == 243 && data[19] == 0 ? "an ELF file for RISC-V" : "an ELF file";
    else if (size >= 0x34 && memcmp(data + 0x30, "RISCV\0\0", 8) == 0)
        what = "a RISC-V Linux Image";
    return what ? error_set(e, EINVAL, "%s: this is %s, not a program of the paper's machine (-M pg)", path, what) : 0;
}

static int image_of_cells(const char *path, const uint8_t *data, size_t size, struct pg_image *out, struct error *e)
{
    if (size % PG_CELL)
        return error_set(e, EINVAL, "%s: this is neither text nor cells of %d bytes: it has %zu bytes", path, PG_CELL, size);
    if (size / PG_CELL > PG_CELLS_MAX)
        return error_set(e, EINVAL, "%s: it has %zu cells, and a machine no more than %d", path, size / PG_CELL, PG_CELLS_MAX);
    out->cell = malloc(size);
    if (!out->cell)
        return error_set(e, ENOMEM, "there is not enough memory for %s", path);
    memcpy(out->cell, data, size);
    out->count = (unsigned)(size / PG_CELL);
    return 0;
}

static int image_read(const char *path, struct pg_image *out, struct error *e)
{
    uint8_t *data;
    size_t size;
    int r = load_file(path, &data, &size, e);
    if (r)
        return r;
    r = refuse_foreign(path, data, size, e);
    if (r == 0 && memchr(data, 0, size))
        r = image_of_cells(path, data, size, out, e);
    else if (r == 0)
        r = pg_assemble(path, (const char *)data, size, out, e);
    free(data);
    return r;
}

int run_pg_load(const struct run_options *o, struct machine *m, struct error *e)
{
    for (unsigned i = 0; i < o->images; i++) {
        const struct run_image *from = &o->image[i];
        struct pg_image image = {0};
        int r = image_read(from->path, &image, e);
        if (r == 0 && (from->cell > o->pg.cells || image.count > o->pg.cells - from->cell || pg_load(m, &image, from->cell) != 0))
            r = error_set(e, EFAULT, "%s: its %u cells from cell %llu on do not fit in the guest's %u; --cells N gives it more",
                          from->path, image.count, (unsigned long long)from->cell, o->pg.cells);
        pg_image_free(&image);
        if (r)
            return r;
    }
    return 0;
}

/* --- The run */

static void print(void *opaque, const uint8_t *bytes, size_t count)
{
    (void)opaque;
    (void)!fwrite(bytes, 1, count, stdout); /* ferror() tells, at the next look */
}

/* -errno: stdout cannot be written any more. */
static int run_to_end(const struct run_options *o, struct plain *p, struct system_result *result, struct error *e)
{
    do {
        uint64_t left = o->max_insns - p->retired;
        *result = plain_run(p, left < SLICE ? left : SLICE);
        if (fflush(stdout) != 0 || ferror(stdout))
            return error_set(e, EIO, "the guest's console output cannot be written: %s", strerror(errno));
    } while (result->end == END_RUNNING && p->retired < o->max_insns);
    return 0;
}

static int status_of(const struct run_options *o, const struct plain *p, const struct system_result *result)
{
    if (result->end == END_RUNNING)
        return complain(STATUS_LIMIT, "the limit of %llu instruction%s is reached, at pc 0x%llx", (unsigned long long)o->max_insns,
                        o->max_insns == 1 ? "" : "s", (unsigned long long)machine_get(p->machine, MACHINE_PC));
    if (result->end == END_STOPPED)
        return complain(STATUS_STOPPED, "the VMM stopped the guest: %s", result->why);
    return result->end == END_STUCK ? complain(STATUS_STUCK, "%s", result->why) : STATUS_OK;
}

static int run_machine(const struct run_options *o, const struct stack *stack, struct instruments *instruments, struct error *e)
{
    struct plain p;
    struct system_result result;
    int r = o->stats_file ? outfile_check(o->stats_file, e) : 0;
    if (r == 0)
        r = run_pg_load(o, stack_top(stack), e);
    if (r)
        return complain(STATUS_FAILURE, "%s", e->text);
    if (plain_init(&p, stack_top(stack), PG_CONSOLE, (struct chardev){.write = print}) != 0)
        return complain(STATUS_FAILURE, "there is not enough memory for the console");
    if (instruments_open(instruments, o, stack, e) != 0 || run_to_end(o, &p, &result, e) != 0 ||
        instruments_finish(instruments, p.retired, e) != 0)
        return complain(STATUS_FAILURE, "%s", e->text);
    struct account a = {.retired = p.retired,
                        .clock = machine_get(p.machine, MACHINE_CLOCK),
                        .traps_delivered = p.traps_delivered,
                        .stack = stack,
                        .result = result,
                        .cost = instruments->cost};
    a.status = status_of(o, &p, &result);
    return account_write(&a, o->stats, o->stats_file, e) ? complain(STATUS_FAILURE, "%s", e->text) : a.status;
}

int run_pg(const struct run_options *o)
{
    struct stack stack;
    struct error e;
    if (stack_create_pg(&stack, &o->pg, o->bare ? 0 : o->depth, &o->each, &e) != 0)
        return complain(STATUS_FAILURE, "%s", e.text);
    struct instruments instruments = {0};
    int status = run_machine(o, &stack, &instruments, &e);
    instruments_release(&instruments);
    stack_destroy(&stack);
    return status;
}

/* pg_program.c - programs of the paper's machine: text is assembled, what has a zero byte in it is cells as they are.
 *
 * What a file is, is seen from its first bytes, not from its name:
 *
 *     "\177ELF", or the mark of a kernel's image     refused, with the machine that it is for
 *     a zero byte anywhere                            cells of eight bytes, as they lie
 *     else                                            assembly text
 */
#include "monitor/pg_program.h"

#include "core/loader.h"
#include "monitor/kind.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Somebody who forgot -M pg, or gave it with a program for another machine, is told so, and reads nothing about cells. */
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
    *out = (struct pg_image){.cell = malloc(size)};
    if (!out->cell)
        return error_set(e, ENOMEM, "there is not enough memory for %s", path);
    memcpy(out->cell, data, size);
    out->count = (unsigned)(size / PG_CELL);
    return 0;
}

static int program_of(const char *name, const uint8_t *data, size_t size, struct pg_image *out, struct error *e)
{
    int r = refuse_foreign(name, data, size, e);
    if (r == 0 && memchr(data, 0, size))
        r = image_of_cells(name, data, size, out, e);
    else if (r == 0)
        r = pg_assemble(name, (const char *)data, size, out, e);
    return r;
}

int pg_program_read(const char *path, struct pg_image *out, struct error *e)
{
    uint8_t *data;
    size_t size;
    int r = load_file(path, &data, &size, e);
    if (r)
        return r;
    r = program_of(path, data, size, out, e);
    free(data);
    return r;
}

int pg_program_carried(const struct run_options *o, struct pg_image *out, struct error *e)
{
    const struct carried_guest *g = run_options_guest(o);
    return program_of(g->called, g->data, *g->size, out, e);
}

/* The guest may have been made smaller than the program with --cells. */
static int load_carried(const struct run_options *o, unsigned cells, struct machine *m, struct error *e)
{
    struct pg_image image = {0};
    int r = pg_program_carried(o, &image, e);
    if (r == 0 && (image.count > cells || pg_load(m, &image, 0) != 0))
        r = error_set(e, EFAULT, "%s has %u cells, which do not fit in %u; --cells N gives it more", run_options_guest(o)->called,
                      image.count, cells);
    pg_image_free(&image);
    return r;
}

/* Each at its cell, in the order of the command line: a later one lies over an earlier one. */
int pg_program_load(const struct run_options *o, unsigned cells, struct machine *m, struct error *e)
{
    if (run_options_guest(o))
        return load_carried(o, cells, m, e);
    for (unsigned i = 0; i < o->images; i++) {
        const struct run_image *from = &o->image[i];
        struct pg_image image = {0};
        int r = pg_program_read(from->path, &image, e);
        if (r == 0 && (from->cell > cells || image.count > cells - from->cell || pg_load(m, &image, from->cell) != 0))
            r = error_set(e, EFAULT, "%s: its %u cells from cell %llu on do not fit in the guest's %u; --cells N gives it more",
                          from->path, image.count, (unsigned long long)from->cell, cells);
        pg_image_free(&image);
        if (r)
            return r;
    }
    return 0;
}

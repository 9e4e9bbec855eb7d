/* pg_rig.h - machines of the paper to run programs on, bare or in virtual machines, with a console that remembers; and programs made at
 * random that come to an end more often than not.
 */
#ifndef TRAPEZE_TESTS_CORE_PG_RIG_H
#define TRAPEZE_TESTS_CORE_PG_RIG_H

#include "core/loader.h"
#include "core/system.h"
#include "core/vmm/vmm.h"
#include "devices/teletype.h"
#include "tests/isa/pg_bench.h"

enum { PG_RIG_DEPTH = 4, PG_RIG_TEXT = 4096 };

struct pg_rig {
    struct ram *ram;
    struct phys *phys;
    struct machine *machine[PG_RIG_DEPTH]; /* [0] is bare; each on the one before */
    unsigned depth, cells;
    struct machine *top;
    struct system *system;
    char text[PG_RIG_TEXT]; /* what was printed */
    unsigned printed;
};

static inline void pg_rig_print(void *opaque, const uint8_t *bytes, size_t count)
{
    struct pg_rig *r = opaque;
    for (size_t i = 0; i < count && r->printed < PG_RIG_TEXT - 1; i++)
        r->text[r->printed++] = (char)bytes[i];
}

static inline struct vm_config pg_rig_vm(unsigned cells, unsigned levels_above, enum vmm_monitor monitor)
{
    struct vm_config c = {.ram_size = (uint64_t)cells * PG_CELL, .monitor = monitor};
    for (; levels_above > 0; levels_above--)
        c.ram_size = vmm_host_bytes(&isa_pg, &c);
    return c;
}

static inline void pg_rig_plug(struct pg_rig *r)
{
    const struct teletype_config board = {.at = PG_CONSOLE, .console = {.write = pg_rig_print, .opaque = r}};
    struct error e;
    if (system_create(&r->system, r->top, teletype_create, &board, 1, &e) != 0)
        fail_msg("%s", e.text);
}

static inline void pg_rig_create(struct pg_rig *r, unsigned cells, enum pg_variant variant, unsigned depth, enum vmm_monitor monitor)
{
    const struct vm_config whole = pg_rig_vm(cells, depth, monitor);
    const struct pg_config bare = {.cells = (unsigned)(whole.ram_size / PG_CELL), .variant = variant};
    const uint64_t size = align_up(whole.ram_size, PAGE_SIZE);
    struct error error;

    memset(r, 0, sizeof *r);
    r->depth = depth;
    r->cells = cells;
    assert_int_equal(ram_create(&r->ram, size), 0);
    assert_int_equal(phys_create(&r->phys), 0);
    assert_int_equal(phys_add_ram(r->phys, "ram", 0, size, r->ram, 0), 0);
    assert_int_equal(pg_create(&r->machine[0], r->phys, &bare), 0);
    for (unsigned i = 1; i <= depth; i++) {
        struct vm_config c = pg_rig_vm(cells, depth - i, monitor);
        if (vmm_create_vm(r->machine[i - 1], &c, &r->machine[i], &error))
            fail_msg("%s", error.text);
    }
    r->top = r->machine[depth];
    pg_rig_plug(r);
}

static inline void pg_rig_destroy(struct pg_rig *r)
{
    system_destroy(r->system);
    for (unsigned i = r->depth + 1; i-- > 0;)
        machine_destroy(r->machine[i]);
    phys_destroy(r->phys);
    ram_destroy(r->ram);
}

/* Switched on anew, in this state. What was printed is kept. */
static inline void pg_rig_start(struct pg_rig *r, const struct pg_state *s)
{
    system_destroy(r->system);
    pg_rig_plug(r);
    machine_reset(r->top);
    pg_state_set(s, r->top, r->cells);
}

/* An example's cells go to the cells of the top machine from `cell` on. */
static inline void pg_rig_load(struct pg_rig *r, const char *name, unsigned cell)
{
    char path[128];
    uint8_t *text;
    size_t size;
    struct pg_image image;
    struct error e;

    snprintf(path, sizeof path, "examples/pg/%s.pg", name);
    if (load_file(path, &text, &size, &e) != 0 || pg_assemble(path, (const char *)text, size, &image, &e) != 0)
        fail_msg("%s", e.text);
    assert_int_equal(pg_load(r->top, &image, cell), 0);
    pg_image_free(&image);
    free(text);
}

static inline uint64_t pg_rig_cell(const struct pg_rig *r, unsigned cell)
{
    uint64_t word;
    assert_int_equal(machine_load(r->top, (uint64_t)cell * PG_CELL, &word, sizeof word), 0);
    return word;
}

/* --- Programs for machines of PG_BENCH_CELLS cells. The handler lets what trapped be and goes on behind it, so many times; a random
 * store may change that. Cells 2..29 are the kernel's, 30..37 the handler's, 40..63 the user's. */
enum { PG_HANDLER = 30, PG_USER = 40 };

static inline uint64_t pg_random_insn(uint64_t *seed)
{
    const unsigned range = pg_random(seed) % 4 ? PG_BENCH_CELLS - PG_USER : PG_BENCH_CELLS + 4;
    return pg_encode((unsigned)(pg_random(seed) % PG_INSN_COUNT), pg_random(seed) % range, pg_random(seed) % range);
}

static inline void pg_random_program(struct pg_state *s, uint64_t *seed)
{
    const uint64_t handler[] = {
        pg_encode(PG_INSN_mov, PG_HANDLER + 5, 0),
        pg_encode(PG_INSN_add, PG_HANDLER + 5, PG_HANDLER + 6),
        pg_encode(PG_INSN_sub, PG_HANDLER + 7, PG_HANDLER + 8),
        pg_encode(PG_INSN_jz, PG_HANDLER + 9, PG_HANDLER + 7),
        pg_encode(PG_INSN_lpsw, PG_HANDLER + 5, 0),
        0,
        UINT64_C(1) << 42,
        20 + pg_random(seed) % 20,
        1,
        pg_encode(PG_INSN_halt, 0, 0),
    };
    const struct pg_psw user = {.m = PG_U, .l = PG_USER, .b = pg_random(seed) % 32};

    memset(s, 0, sizeof *s);
    s->cell[1] = pg_psw_pack((struct pg_psw){.m = PG_S, .p = PG_HANDLER, .b = PG_BENCH_CELLS + pg_random(seed) % 3 * 1000});
    for (unsigned i = 2; i < PG_BENCH_CELLS; i++)
        s->cell[i] = pg_random(seed) % 8 ? pg_random_insn(seed) : pg_random_word(seed, PG_BENCH_CELLS);
    for (unsigned i = 2; i < 2 + pg_random(seed) % 12; i++) /* a start that gets somewhere */
        s->cell[i] =
            pg_encode((unsigned)(pg_random(seed) % PG_INSN_jmp), PG_USER + pg_random(seed) % 24, PG_USER + pg_random(seed) % 24);
    s->cell[14] = pg_encode(PG_INSN_lpsw, 15, 0);
    s->cell[15] = pg_psw_pack(user);
    memcpy(&s->cell[PG_HANDLER], handler, sizeof handler);
    s->m = PG_S, s->p = PG_RESET_P, s->b = PG_BENCH_CELLS;
}

#endif

/* fuzz_pg.c - any bytes at all, as assembly text: cells, or a sentence. Cells come back from their disassembly. The same bytes as a
 * machine's cells: it runs bare and in a virtual machine alike, and no guest can stop the host.
 */
#include "core/system.h"
#include "core/vmm/vmm.h"
#include "devices/teletype.h"
#include "isa/pg.h"

#include <stdlib.h>
#include <string.h>

enum { CELLS = 40, HOST_CELLS = 3 * 512, INSNS = 200 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool held)
{
    if (!held)
        abort();
}

static void assemble(const char *text, size_t size)
{
    struct pg_image image, again;
    struct error error = {0};
    char *back;

    if (pg_assemble("fuzz", text, size, &image, &error) != 0) {
        demand(strncmp(error.text, "fuzz:", 5) == 0);
        return;
    }
    demand(image.count > 0 && image.count <= PG_CELLS_MAX);
    if (image.count < 5000) {
        demand(pg_disassemble(&image, &back) == 0);
        demand(pg_assemble("fuzz", back, strlen(back), &again, &error) == 0);
        demand(again.count == image.count && memcmp(again.cell, image.cell, image.count * sizeof *image.cell) == 0);
        free(back);
        pg_image_free(&again);
    }
    pg_image_free(&image);
}

/* A word of the language for each byte: so that much of it means something. */
static void assemble_words(const uint8_t *data, size_t size)
{
    static const char *const words[] = {"lit ",   "MOV ",      "jz ",
                                        "halt",   "svc ",      ".org ",
                                        ".word ", ".psw ",     ".text ",
                                        "s",      "u",         "a",
                                        "b",      "a:",        "b: ",
                                        "c =",    "0",         "1",
                                        "0x1f ",  "12 ",       "'x'",
                                        "'\\n'",  "\"t;\\n\"", ",",
                                        ", ",     ",",         "+",
                                        "-",      ".",         " ",
                                        ";",      "\n",        "\n",
                                        "\n",     "2097150",   "'",
                                        "\"",     "\\",        "18446744073709551615",
                                        "a, b\n", "1, 2\n",    "\r\n",
                                        "\t",     "0x",        "_",
                                        "\1",     "",          "\n"};
    char text[4096];
    size_t used = 0;

    for (size_t i = 0; i < size && used < sizeof text - 32; i++) {
        const char *word = words[data[i] % (sizeof words / sizeof words[0])];
        memcpy(text + used, word, strlen(word));
        used += strlen(word);
    }
    assemble(text, used);
}

static void discard(void *opaque, const uint8_t *bytes, size_t count) { (void)opaque, (void)bytes, (void)count; }

struct side {
    struct ram *ram;
    struct phys *phys;
    struct machine *host, *top;
    struct system *system;
};

static void side_run(struct side *s, unsigned cells, enum pg_variant variant, int monitor, const uint64_t *cell)
{
    const struct vm_config c = {.ram_size = CELLS * PG_CELL, .monitor = monitor > 0 ? VMM_HYBRID : VMM_TRAP};
    struct error error;

    demand(ram_create(&s->ram, align_up((uint64_t)cells * PG_CELL, PAGE_SIZE)) == 0 && phys_create(&s->phys) == 0);
    demand(phys_add_ram(s->phys, "ram", 0, ram_size(s->ram), s->ram, 0) == 0);
    demand(pg_create(&s->host, s->phys, &(struct pg_config){.cells = cells, .variant = variant}) == 0);
    s->top = s->host;
    if (monitor >= 0)
        demand(vmm_create_vm(s->host, &c, &s->top, &error) == 0);
    demand(machine_store(s->top, 0, cell, CELLS * PG_CELL) == 0);
    const struct teletype_config board = {.at = PG_CONSOLE, .console = {.write = discard}};
    demand(system_create(&s->system, s->top, teletype_create, &board, 1, &error) == 0);
    (void)system_run(s->system, INSNS);
}

static void side_finish(struct side *s)
{
    system_destroy(s->system);
    if (s->top != s->host)
        machine_destroy(s->top);
    machine_destroy(s->host);
    phys_destroy(s->phys);
    ram_destroy(s->ram);
}

static void compare(const struct side *a, const struct side *b)
{
    static const reg_t regs[] = {MACHINE_MODE, MACHINE_PC, PG_L, PG_B, MACHINE_CLOCK};
    uint64_t cell[2][CELLS];

    for (unsigned i = 0; i < sizeof regs / sizeof regs[0]; i++)
        demand(machine_get(a->top, regs[i]) == machine_get(b->top, regs[i]));
    demand(machine_load(a->top, 0, cell[0], sizeof cell[0]) == 0 && machine_load(b->top, 0, cell[1], sizeof cell[1]) == 0);
    demand(memcmp(cell[0], cell[1], sizeof cell[0]) == 0);
    demand(a->system->retired == b->system->retired && a->system->traps_delivered == b->system->traps_delivered);
}

/* A cell from eight bytes: most are instructions on cells that there are. */
static void run(const uint8_t *data, size_t size)
{
    uint64_t cell[CELLS] = {0};
    struct side bare = {0}, virtual = {0};
    const enum pg_variant variant = data[0] & 1 ? PG_BASE : (enum pg_variant)(data[0] / 2 % PG_VARIANT_COUNT);

    for (unsigned i = 0; i < CELLS && 8 * (i + 2) <= size; i++) {
        memcpy(&cell[i], data + 8 * (i + 1), sizeof cell[i]);
        if (i > 1 && cell[i] & 3)
            cell[i] = pg_encode((unsigned)(cell[i] >> 8 & 0xff) % PG_INSN_COUNT, (cell[i] >> 16 & 0xff) % (CELLS + 2),
                                (cell[i] >> 24 & 0xff) % (CELLS + 2));
    }
    side_run(&bare, CELLS, variant, -1, cell);
    side_run(&virtual, HOST_CELLS, variant, data[1] & 1, cell);
    if (variant == PG_BASE)
        compare(&bare, &virtual);
    side_finish(&bare);
    side_finish(&virtual);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    assemble((const char *)data, size);
    assemble_words(data, size);
    if (size >= 24)
        run(data, size);
    return 0;
}

/* test_programs.c - runs a program of programs/, given as a flat image, from real mode on, and compares what it prints with the file of
 * lines given. The same again an instruction at a time, and with a cold TLB and decoder between instructions: nothing may depend on these.
 *
 *   isa_ia32_programs IMAGE LINES
 */
#include "isa/ia32.h"
#include "mmu/phys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RAM = 0x200000, ORIGIN = 0x7c00, VECTOR = 0x21, BUDGET = 3000000, PRINTED = 65536 };

struct board {
    struct machine *m;
    char text[PRINTED];
    size_t length;
    bool ended;
    unsigned status;
};

static bool port_read(void *opaque, uint64_t offset, unsigned size, uint64_t *v)
{
    return (void)opaque, (void)offset, (void)size, *v = 0xff, true;
}

static bool print_write(void *opaque, uint64_t offset, unsigned size, uint64_t v)
{
    struct board *b = opaque;
    (void)offset, (void)size;
    if (b->length < PRINTED - 1)
        b->text[b->length++] = (char)v;
    return true;
}

/* 0xf4 ends the program; 0xf5 raises the interrupt line, which is low again when it is acknowledged. */
static bool control_write(void *opaque, uint64_t offset, unsigned size, uint64_t v)
{
    struct board *b = opaque;
    (void)size;
    if (offset == 0) {
        b->ended = true;
        b->status = (unsigned)v;
    } else {
        machine_irq(b->m, IA_LINE_INTR, true);
    }
    return true;
}

static const struct phys_io print_io = {port_read, print_write}, control_io = {port_read, control_write};

static void deliver(struct board *b, struct trap *t)
{
    if (t->kind == TRAP_INTERRUPT && t->cause == 0) {
        machine_irq(b->m, IA_LINE_INTR, false);
        t->cause = VECTOR;
    }
    if (machine_deliver(b->m, t) == DELIVERED)
        return;
    fprintf(stderr, "shutdown at EIP %#llx\n", (unsigned long long)machine_get(b->m, MACHINE_PC));
    b->ended = true;
    b->status = 99;
}

static void run(struct board *b, uint64_t step, bool cold)
{
    const struct fence all = {.cold = true};
    uint64_t retired = 0;
    while (!b->ended && retired < BUDGET) {
        struct trap t = machine_run(b->m, step, &retired);
        if (t.kind == TRAP_EXCEPTION || t.kind == TRAP_INTERRUPT)
            deliver(b, &t);
        if (t.kind == TRAP_WAIT)
            machine_irq(b->m, IA_LINE_INTR, true);
        if (cold)
            machine_fence(b->m, &all);
    }
}

static void *slurp(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    char *bytes = calloc(1, PRINTED);
    if (!f || !bytes) {
        perror(path);
        exit(2);
    }
    *size = fread(bytes, 1, PRINTED - 1, f);
    fclose(f);
    return bytes;
}

static bool holds(bool yes, const char *what)
{
    if (!yes)
        fprintf(stderr, "%s\n", what);
    return yes;
}

static void real_mode(struct machine *m)
{
    machine_set(m, IA_SEG + 4 * IA_CS + IA_SELECTOR, 0);
    machine_set(m, IA_SEG + 4 * IA_CS + IA_BASE, 0);
    machine_set(m, MACHINE_PC, ORIGIN);
}

/* false: it printed something else, and says what. */
static bool once(const void *image, size_t size, const char *lines, uint64_t step, bool cold)
{
    struct board b = {.length = 0};
    struct phys *phys, *ports;
    struct ram *ram;
    if (ram_create(&ram, RAM) != 0 || phys_create(&phys) != 0 || phys_create(&ports) != 0 ||
        phys_add_ram(phys, "ram", 0, RAM, ram, 0) != 0 || phys_add_io(ports, "print", 0xe9, 1, &print_io, &b) != 0 ||
        phys_add_io(ports, "control", 0xf4, 2, &control_io, &b) != 0 || ia32_create(&b.m, phys, ports, &ia32_config_default) != 0 ||
        machine_store(b.m, ORIGIN, image, size) != 0)
        exit(2);
    real_mode(b.m);
    run(&b, step, cold);
    bool good = holds(b.ended, "it did not end") && holds(b.status == 0, "it says that it failed");
    good = holds(strcmp(b.text, lines) == 0, "it printed other lines") && good;
    if (!good)
        printf("%s", b.text);
    machine_destroy(b.m);
    phys_destroy(ports);
    phys_destroy(phys);
    ram_destroy(ram);
    return good;
}

int main(int argc, char **argv)
{
    size_t size, length;
    if (argc != 3)
        return 2;
    void *image = slurp(argv[1], &size), *lines = slurp(argv[2], &length);
    const bool good =
        once(image, size, lines, BUDGET, false) && once(image, size, lines, 1, false) && once(image, size, lines, 1, true);
    free(image);
    free(lines);
    return good ? 0 : 1;
}

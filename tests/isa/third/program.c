/* program.c - writes a program of the tests' instruction set to the file that is named: `program FILE`, or with a second word: one that
 * does not come far, because its first trap finds no vectors. No assembler: each line is an instruction.
 *
 * It prints "third", then the number of each of three interrupts of the timer, 'p' for an instruction that ring 3 may not execute, 'c' for
 * a call, the error code of an access beyond the bound, the ring, and 'd' for a trap whose frame had no place.
 */
#include "tests/devices/third/third_board.h"
#include "tests/isa/third/third.h"

#include <stdio.h>
#include <string.h>

enum { VECTORS = 0x400, STACK = 0x1000, FRAME = STACK - THIRD_FRAME, ONE = 0x580, USER = 0x8000, SIZE = 0x9000 };
enum { AT_INTERRUPT = 0x600, AT_CALL = 0x700, AT_MEMORY = 0x800, AT_DOUBLE = 0x900, AT_PRIVILEGED = 0xa00 };

struct program {
    uint8_t bytes[SIZE];
    unsigned at;
    unsigned wide; /* 1, or 2 in form 1 */
};

static void put(struct program *p, uint64_t v, unsigned bytes)
{
    for (unsigned n = 0; n < bytes; n++)
        p->bytes[p->at++] = (uint8_t)(v >> (8 * n));
}

static void op(struct program *p, unsigned row, unsigned n)
{
    put(p, row + 1, 1);
    put(p, n, 1);
}
static void op3(struct program *p, unsigned row, unsigned r, unsigned s)
{
    op(p, row, r);
    put(p, s, 1);
}
static void address(struct program *p, unsigned row, unsigned r, uint64_t to)
{
    op(p, row, r);
    put(p, to, p->wide == 2 ? 6 : 2);
}
static void li(struct program *p, unsigned r, uint64_t v)
{
    op(p, THIRD_li, r);
    put(p, v, 4 * p->wide);
}
static void sti(struct program *p, uint64_t to, uint64_t v)
{
    put(p, THIRD_sti + 1, 1);
    put(p, to, p->wide == 2 ? 7 : 3);
    put(p, v, 4 * p->wide);
}
static void out(struct program *p, unsigned r, unsigned to)
{
    op(p, THIRD_out, r);
    put(p, to, 2);
}
static void print(struct program *p, const char *text)
{
    for (; *text; text++) {
        li(p, 0, (uint8_t)*text);
        out(p, 0, THIRD_PORT_CONSOLE);
    }
}
/* '0' + a2 */
static void print_digit(struct program *p)
{
    li(p, 0, '0');
    op3(p, THIRD_add, 0, 2);
    out(p, 0, THIRD_PORT_CONSOLE);
}
static void tables(struct program *p, uint64_t vectors, uint64_t stack)
{
    li(p, 0, vectors);
    li(p, 1, stack);
    op3(p, THIRD_tables, 0, 1);
}
/* Back, behind an instruction of so many bytes. */
static void back_behind(struct program *p, unsigned bytes)
{
    address(p, THIRD_ld, 1, FRAME);
    li(p, 2, bytes);
    op3(p, THIRD_add, 1, 2);
    address(p, THIRD_st, 1, FRAME);
    put(p, THIRD_back + 1, 1);
}

static void kernel(struct program *p, bool lost)
{
    p->at = THIRD_RESET;
    print(p, "third\n");
    tables(p, lost ? 0x7fffffff : VECTORS, STACK);
    if (lost)
        op(p, THIRD_call, 1);
    li(p, 3, 3);
    const unsigned loop = p->at;
    li(p, 0, 20);
    out(p, 0, THIRD_PORT_TIMER);
    op(p, THIRD_enable, 1);
    put(p, THIRD_halt + 1, 1);
    op(p, THIRD_enable, 0);
    address(p, THIRD_ld, 1, ONE);
    op3(p, THIRD_add, 3, 1);
    address(p, THIRD_jnz, 3, loop);
    sti(p, FRAME, 0);
    sti(p, FRAME + 8, third_status(3, 0, 0));
    sti(p, FRAME + 16, USER);
    sti(p, FRAME + 24, 0x1000);
    tables(p, VECTORS, FRAME);
    put(p, THIRD_back + 1, 1);
}

static void user(struct program *p)
{
    p->at = USER;
    op(p, THIRD_ring, 3);
    op(p, THIRD_form, 1);
    p->wide = 2;
    sti(p, 0x100, UINT64_C(0x1122334455667788));
    address(p, THIRD_ld, 0, 0x100);
    op(p, THIRD_call, 7);
    address(p, THIRD_ld, 1, 0x2000);
    p->wide = 1;
}

static void handlers(struct program *p)
{
    p->at = AT_INTERRUPT;
    op(p, THIRD_in, 2);
    put(p, THIRD_PORT_TIMER, 2);
    print_digit(p);
    put(p, THIRD_back + 1, 1);
    p->at = AT_PRIVILEGED;
    print(p, "p");
    back_behind(p, 2);
    p->at = AT_CALL;
    print(p, "c");
    back_behind(p, 2);
    p->at = AT_MEMORY;
    address(p, THIRD_ld, 2, FRAME + 32);
    print_digit(p);
    op(p, THIRD_ring, 2);
    print_digit(p);
    tables(p, VECTORS, 0x7fffffff);
    op(p, THIRD_call, 9);
    p->at = AT_DOUBLE;
    print(p, "d\n");
    li(p, 0, 0);
    out(p, 0, THIRD_PORT_OFF);
}

static void word(struct program *p, unsigned at, uint64_t v)
{
    p->at = at;
    put(p, v, 8);
}

int main(int argc, char **argv)
{
    static struct program p = {.wide = 1};
    if (argc < 2)
        return 2;
    kernel(&p, argc > 2);
    user(&p);
    handlers(&p);
    word(&p, ONE, UINT64_MAX);
    word(&p, VECTORS + 8 * THIRD_MEMORY, AT_MEMORY);
    word(&p, VECTORS + 8 * THIRD_PRIVILEGED, AT_PRIVILEGED);
    word(&p, VECTORS + 8 * THIRD_CALL, AT_CALL);
    word(&p, VECTORS + 8 * THIRD_DOUBLE, AT_DOUBLE);
    for (unsigned n = 0; n < 4; n++)
        word(&p, VECTORS + 8 * (THIRD_VECTOR + n), AT_INTERRUPT);
    FILE *f = fopen(argv[1], "we");
    bool fine = f && fwrite(p.bytes, sizeof p.bytes, 1, f) == 1;
    return f && fclose(f) == 0 && fine ? 0 : 1;
}

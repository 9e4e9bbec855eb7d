/* bochs_cases.c - makes a ROM of cases for bochs.S, drawn from a seed; or shows one of them.
 *
 *   bochs_cases PROGRAM SEED ROM [COUNT]     writes ROM, 128 KiB: the cases, and PROGRAM, the ROM's last 16 KiB
 *   bochs_cases SEED NUMBER                  prints that case's record, a field a line
 */
#include "tests/isa/ia32/bochs/layout.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROM_SIZE = 0x20000, COUNT_MAX = ROM_CODE / CASE_SIZE - 1, LIMIT_AT = 40 };
enum { TF = 0x100, IF = 0x200, IOPL = 0x3000, NT = 0x4000, RF = 0x10000, AC = 0x40000 };

struct cases {
    uint64_t drawn;
    uint8_t *record;
    unsigned at; /* in the code */
    unsigned mode;
    bool stepped; /* with TF: what only then is seen, such as when a trap comes that MOV SS held back, is left out */
};

static uint32_t draw(struct cases *c)
{
    c->drawn = c->drawn * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(c->drawn >> 33);
}
static uint32_t below(struct cases *c, uint32_t n) { return draw(c) % n; }
static bool one_in(struct cases *c, uint32_t n) { return below(c, n) == 0; }

static void put(uint8_t *at, uint32_t v, unsigned size)
{
    for (unsigned n = 0; n < size; n++)
        at[n] = (uint8_t)(v >> 8 * n);
}
static void field(struct cases *c, unsigned at, uint32_t v, unsigned size) { put(c->record + at, v, size); }

/* A selector: the segments of the table, what is drawn, tasks and gates, what is not there. RPL is mostly the ring's. */
static uint32_t selector(struct cases *c)
{
    static const uint8_t interesting[] = {0x00, 0x70, 0x78, 0x80, 0x88, 0x90, 0x98, 0xa0, 0xa8, 0xb0, 0xb8, 0xc0, 0xc8,
                                          0xd0, 0xe0, 0x48, 0x50, 0x58, 0x60, 0x68, 0x04, 0x0c, 0x14, 0x1c, 0x24};
    const uint32_t ring = one_in(c, 3) ? below(c, 4) : c->mode & 3, rpl = one_in(c, 4) ? below(c, 4) : ring;
    switch (below(c, 4)) {
    case 0: return CODE + 8 * ring + rpl;
    case 1: return DATA + 8 * ring + rpl;
    default: return interesting[below(c, sizeof interesting)] + rpl;
    }
}
/* One that may be in DS to GS when a case begins. */
static uint32_t data_selector(struct cases *c)
{
    static const uint8_t good[] = {0x43, 0x43, 0x43, 0x43, 0x73, 0x7b, 0x93, 0x83, 0xb3, 0x1f, 0x00, 0x28, 0x31, 0x3a};
    return good[below(c, sizeof good)];
}

static uint32_t window(struct cases *c)
{
    static const uint16_t places[] = {0x000, 0x004, 0x100, 0x7f1, 0xffd, 0xffe, 0xfff, 0xffc, 0xff8};
    return WINDOW + 0x1000 * below(c, 8) + places[below(c, sizeof places / sizeof places[0])];
}
static uint32_t flags(struct cases *c)
{
    uint32_t f = 2 | (draw(c) & (0xcd5 | IOPL)) | (one_in(c, 2) ? IOPL : 0);
    f |= (one_in(c, 8) ? NT : 0) | (c->stepped ? TF : 0) | (one_in(c, 8) ? AC : 0);
    return f;
}
static uint32_t control(struct cases *c)
{
    uint32_t cr0 = 0x80000011;
    cr0 |= (one_in(c, 2) ? 0x10000u : 0) | (one_in(c, 4) ? 0x40000u : 0) | (one_in(c, 4) ? 2u : 0) | (one_in(c, 4) ? 4u : 0) |
           (one_in(c, 4) ? 8u : 0) | (one_in(c, 2) ? 0x20u : 0);
    return cr0;
}

/* Code: bytes as they are; what is drawn between them. */
static void bytes(struct cases *c, const char *code, size_t size)
{
    if (c->at + size > LIMIT_AT)
        return;
    memcpy(c->record + CASE_CODE + c->at, code, size);
    c->at += (unsigned)size;
}
#define BYTES(c, code) bytes(c, code, sizeof code - 1)
static void with_word(struct cases *c, unsigned opcode, uint32_t v)
{
    char code[5] = {(char)opcode};
    put((uint8_t *)code + 1, v, 4);
    bytes(c, code, 5);
}
/* Into segments that may be small by an offset that is in them: whether the return address is stored before that is found out is open. */
static void far_pointer(struct cases *c, unsigned opcode)
{
    char code[7] = {(char)opcode};
    const uint32_t to = selector(c);
    put((uint8_t *)code + 1, to >= 0xb0 || (to & 4) || one_in(c, 3) ? LANDING : 0x20000 + LANDING, 4);
    put((uint8_t *)code + 5, to, 2);
    bytes(c, code, 7);
}
static uint32_t landing(struct cases *c) { return one_in(c, 3) ? LANDING : 0x20000 + LANDING; }

/* A stack to return from: EIP, CS and, for IRET, EFLAGS; below them ESP and SS, which an outer ring takes. */
static void frame(struct cases *c, bool interrupt)
{
    const bool small = one_in(c, 6);
    if (one_in(c, 2)) {
        with_word(c, 0x68, DATA + 9 * 3);
        with_word(c, 0x68, 0x5400);
    }
    if (interrupt)
        with_word(c, 0x68, flags(c));
    with_word(c, 0x68, selector(c));
    with_word(c, 0x68, landing(c));
    if (small)
        BYTES(c, "\x66");
    if (interrupt)
        BYTES(c, "\xcf");
    else
        BYTES(c, "\xcb");
}

struct piece {
    const char *code;
    size_t size;
};
#define PIECE(code)                                                                                                                   \
    {                                                                                                                                 \
        code, sizeof code - 1                                                                                                         \
    }

/* Flags that an instruction leaves undefined are defined again by a comparison behind it. */
#define DEFINED "\x83\xf8\x00"
static const struct piece segments[] = {
    PIECE("\x8e\xd8"),
    PIECE("\x8e\xc0"),
    PIECE("\x8e\xe0"),
    PIECE("\x8e\xe8"),
    PIECE("\x8e\xd0\x90"),
    PIECE("\x50\x1f"),
    PIECE("\x50\x07"),
    PIECE("\x50\x17\x90"),
    PIECE("\x50\x0f\xa1"),
    PIECE("\x50\x0f\xa9"),
    PIECE("\x8c\xd8"),
    PIECE("\x8c\xc8"),
    PIECE("\x8c\xd0"),
    PIECE("\x8c\xe3"),
    PIECE("\x0e\x58"),
    PIECE("\x66\x89\x46\x04\xc5\x0e"),
    PIECE("\x66\x89\x46\x04\xc4\x0e"),
    PIECE("\x66\x89\x46\x04\x0f\xb4\x0e"),
    PIECE("\x66\x89\x46\x04\x0f\xb2\x0e"),
    PIECE("\x0f\x03\xd0"),
    PIECE("\x0f\x00\xe0"),
    PIECE("\x0f\x00\xe8"),
    PIECE("\x63\xc8"),
    PIECE("\x63\x06"),
    PIECE("\x64\x8b\x13"),
    PIECE("\x65\x89\x13"),
    PIECE("\x26\x8b\x13"),
    PIECE("\x36\x8b\x13"),
    PIECE("\x2e\x8b\x13"),
    PIECE("\x2e\x89\x13"),
    PIECE("\x64\x89\x4e\x0c"),
    PIECE("\x65\x8b\x56\x0d"),
};
/* DX is that of a port that nobody has, whatever was loaded into it. */
#define PORT "\x66\xba\x07\x03"
static const struct piece system_pieces[] = {
    PIECE("\x0f\x06"),
    PIECE("\x0f\x01\xe0"),
    PIECE("\x0f\x01\xf0"),
    PIECE("\x0f\x20\xc0"),
    PIECE("\x0f\x20\xd1"),
    PIECE("\x0f\x20\xd9"),
    PIECE("\x0f\x20\xe1"),
    PIECE("\x0f\x22\xd0"),
    PIECE("\x0f\x21\xc1"),
    PIECE("\x0f\x23\xc3"),
    PIECE("\x0f\x01\x15\x28\x00\x02\x00"),
    PIECE("\x0f\x01\x05\x00\x58\x00\x00"),
    PIECE("\x0f\x01\x0d\x00\x58\x00\x00"),
    PIECE("\x0f\x00\xc0"),
    PIECE("\x0f\x00\x06"),
    PIECE("\x0f\x00\xc8"),
    PIECE("\x0f\x00\x0e"),
    PIECE("\x0f\x00\xd0"),
    PIECE("\x0f\x00\xd8"),
    PIECE("\x0f\x01\x3b"),
    PIECE("\x0f\x08"),
    PIECE("\x0f\x09"),
    PIECE("\xfa"),
    PIECE("\xfb"),
    PIECE("\x9c"),
    PIECE("\x9c\x9d"),
    PIECE(PORT "\xec"),
    PIECE(PORT "\xed"),
    PIECE(PORT "\x66\xed"),
    PIECE(PORT "\xee"),
    PIECE(PORT "\xef"),
    PIECE(PORT "\x6c"),
    PIECE(PORT "\x6f"),
    PIECE(PORT "\xb1\x02\xf3\x6d"),
    PIECE("\xcd\x40"),
    PIECE("\xcd\x40"),
    PIECE("\xcd\x40"),
    PIECE("\xcc"),
    PIECE("\xcd\x03"),
    PIECE("\xce"),
    PIECE("\xcd\x0d"),
    PIECE("\xf1"),
    PIECE("\x62\x06"),
    PIECE("\xcd\x41"),
    PIECE("\x0f\x0b"),
    PIECE("\xd9\xe8"),
    PIECE("\x9b"),
    PIECE("\xdb\xe3"),
    PIECE("\x66\x9d"),
    PIECE("\xcf"),
    PIECE("\x66\xcf"),
    PIECE("\xcb"),
    PIECE("\xca\x04\x00"),
};
static const struct piece memory[] = {
    PIECE("\x8b\x03"),
    PIECE("\x89\x03"),
    PIECE("\x66\x89\x0b"),
    PIECE("\x01\x03"),
    PIECE("\xa5"),
    PIECE("\xf3\xa5"),
    PIECE("\xab"),
    PIECE("\xad"),
    PIECE("\xff\x33"),
    PIECE("\x8f\x03"),
    PIECE("\x0f\xb1\x0b"),
    PIECE("\x0f\xc1\x0b"),
    PIECE("\x0f\xab\x03" DEFINED),
    PIECE("\xc8\x10\x00\x01"),
    PIECE("\xc9"),
    PIECE("\x60"),
    PIECE("\xf0\x01\x0b"),
    PIECE("\xf0\x8b\x03"),
    PIECE("\x86\x03"),
    PIECE("\x8d\x1b"),
    PIECE("\xf7\xf1" DEFINED),
    PIECE("\xd4\x00"),
    PIECE("\xf3\xaa"),
    PIECE("\xa7"),
    PIECE("\x0f\xc7\x0b"),
    PIECE("\x80\x0b\x01" DEFINED),
    PIECE("\xd7"),
    PIECE("\x66\x60"),
    PIECE("\xff\x13"),
    PIECE("\x66\x50"),
    PIECE("\x54"),
    PIECE("\x66\xa5"),
};
/* Of V86's code, of 16 bits. */
static const struct piece virtual_pieces[] = {
    PIECE("\x9c"),         PIECE("\x9c\x9d"),     PIECE("\xfa"),         PIECE("\xfb"),     PIECE("\xcd\x40"),
    PIECE("\xcd\x03"),     PIECE("\xcc"),         PIECE("\xce"),         PIECE("\xcf"),     PIECE("\xec"),
    PIECE("\xee"),         PIECE("\xed"),         PIECE("\x8e\xd8"),     PIECE("\x8e\xc0"), PIECE("\x8c\xd8"),
    PIECE("\x06\x1f"),     PIECE("\x0f\x00\xc0"), PIECE("\x0f\x01\xe0"), PIECE("\x0f\x06"), PIECE("\x0f\x20\xc0"),
    PIECE("\x63\xc8"),     PIECE("\x0f\x02\xc1"), PIECE("\xf4"),         PIECE("\x8b\x07"), PIECE("\x89\x07"),
    PIECE("\x66\x8b\x07"), PIECE("\x67\x8b\x03"), PIECE("\x66\x9c"),     PIECE("\x66\x9d"), PIECE("\x50\x9d"),
    PIECE("\x66\xcf"),     PIECE("\xf1"),         PIECE("\x6c"),         PIECE("\x0f\x30"), PIECE("\xd9\xe8"),
    PIECE("\x64\x8b\x07"), PIECE("\x65\x89\x07"), PIECE("\x0f\x0b"),     PIECE("\xc5\x0f"), PIECE("\xa5"),
};

#define ONE_OF(c, pieces)                                                                                                             \
    do {                                                                                                                              \
        const struct piece *p_ = &(pieces)[below(c, sizeof(pieces) / sizeof(pieces)[0])];                                             \
        bytes(c, p_->code, p_->size);                                                                                                 \
    } while (0)

static void control_register(struct cases *c)
{
    static const uint32_t values[] = {0x80000011, 0x80000000, 0x80010011, 0x80000015, 0x8000001d, 0x20000011,
                                      0xa0000011, 0x80000013, 0xe0000011, 0x00000011, 0x8000003b, 0x80040011};
    switch (below(c, 4)) {
    case 0:
        with_word(c, 0xb8, one_in(c, 2) ? 4 : 0);
        BYTES(c, "\x0f\x22\xe0");
        break;
    case 1:
        with_word(c, 0xb8, one_in(c, 2) ? 0x10018 : 0x10000);
        BYTES(c, "\x0f\x22\xd8");
        break;
    default: with_word(c, 0xb8, values[below(c, sizeof values / sizeof values[0])]); BYTES(c, "\x0f\x22\xc0");
    }
}
/* A breakpoint on what EBX names: for stores, or for any access, of one, two or four bytes. */
static void breakpoint(struct cases *c)
{
    static const uint32_t kinds[] = {0xd0402, 0xf0402, 0x10402, 0x30402, 0x50402, 0x70402};
    BYTES(c, "\x0f\x23\xc3");
    with_word(c, 0xb8, kinds[below(c, sizeof kinds / sizeof kinds[0])]);
    BYTES(c, "\x0f\x23\xf8\x89\x0b");
}

static void instruction(struct cases *c)
{
    switch (c->stepped ? 4 + below(c, 6) : below(c, 12)) {
    case 0: far_pointer(c, 0xea); break;
    case 1: far_pointer(c, 0x9a); break;
    case 2: frame(c, false); break;
    case 3: frame(c, true); break;
    case 4:
        with_word(c, 0x68, flags(c));
        BYTES(c, "\x9d");
        break;
    case 5: control_register(c); break;
    case 6: one_in(c, 3) ? breakpoint(c) : (void)0; break;
    case 7:
        with_word(c, 0xb8, selector(c));
        ONE_OF(c, segments);
        break;
    case 8: ONE_OF(c, segments); break;
    case 9: ONE_OF(c, memory); break;
    default: ONE_OF(c, system_pieces); break;
    }
}

/* A descriptor: of a segment mostly; base 0, the code's or the window's; a limit of some bytes or of all. */
static void descriptor(struct cases *c, unsigned at)
{
    static const uint32_t bases[] = {0, 0, 0x20000, WINDOW};
    const uint32_t base = bases[below(c, 4)];
    uint32_t access = draw(c) & 0xff, limit = one_in(c, 3) ? 0x90 + below(c, 0x20) : 0xfffff, high = draw(c) & 0xc0;
    access |= one_in(c, 8) ? 0 : 0x90;
    if (!(access & 0x10))
        access = 0x82 | (access & 0x60); /* tables of segments; tasks have places of their own */
    field(c, at, limit, 2);
    field(c, at + 2, base, 3);
    field(c, at + 5, access, 1);
    field(c, at + 6, (limit >> 16 & 15) | high, 1);
    field(c, at + 7, base >> 24, 1);
}
static void gate(struct cases *c, unsigned at, bool vector)
{
    static const uint8_t calls[] = {0x8c, 0x84, 0x85}, vectors[] = {0x8e, 0x8f, 0x86, 0x87, 0x85};
    static const uint8_t tasks[] = {TSS_B, TSS_C, TSS_B, TSS_C, TSS, DATA, 0};
    uint32_t access = vector ? vectors[below(c, sizeof vectors)] : calls[below(c, sizeof calls)];
    const bool task = (access & 15) == 5;
    const uint32_t to = task ? tasks[below(c, sizeof tasks)] : one_in(c, 2) ? CODE + 8 * below(c, 4) : selector(c);
    const uint32_t offset = access & 8 ? 0x20000 + LANDING : LANDING;
    access = (access | (one_in(c, 4) ? draw(c) & 0x60 : 0x60)) & ~(one_in(c, 10) ? 0x80u : 0);
    field(c, at, offset, 2);
    field(c, at + 2, to, 2);
    field(c, at + 4, vector ? 0 : below(c, 4), 1);
    field(c, at + 5, access, 1);
    field(c, at + 6, offset >> 16, 2);
}

static uint32_t page_flags(struct cases *c)
{
    return (one_in(c, 6) ? 0u : 1u) | (one_in(c, 4) ? 0 : 2u) | (one_in(c, 4) ? 0 : 4u) | (draw(c) & 0x60);
}

static void environment(struct cases *c)
{
    static const uint16_t limits[] = {0x67, 0xe8, 0xe7, 0x88};
    field(c, CASE_PORTS, one_in(c, 2) ? 0 : draw(c), 1);
    field(c, CASE_TSS_TYPE, one_in(c, 4) ? 0x8b : one_in(c, 8) ? 0x09 : 0x89, 1);
    field(c, CASE_PDE, page_flags(c) | (one_in(c, 2) ? 7 : 0), 1);
    for (unsigned n = 0; n < 8; n++)
        field(c, CASE_PTE + n, page_flags(c), 1);
    field(c, CASE_TSS_LIMIT, limits[below(c, 4)], 2);
    field(c, CASE_EFLAGS, flags(c), 4);
    field(c, CASE_CR0, control(c), 4);
    field(c, CASE_CR4, one_in(c, 2) ? 4 : 0, 4);
    const uint32_t registers[] = {selector(c), below(c, 4), 0x300 + below(c, 16), window(c), one_in(c, 2) ? window(c) : 0x5300,
                                  window(c),   window(c)};
    for (unsigned n = 0; n < 7; n++)
        field(c, CASE_REGISTERS + 4 * n, registers[n], 4);
    descriptor(c, CASE_DRAWN);
    descriptor(c, CASE_DRAWN + 8);
    gate(c, CASE_DRAWN + 16, false);
    gate(c, CASE_VECTOR, true);
    const unsigned drawn = below(c, 10); /* one at most: which of several is complained of is open */
    for (unsigned n = 0; n < 7; n++)
        field(c, CASE_TASK + 2 * n,
              n == drawn ? selector(c) & (n ? 0xffffu : 0xfffcu)
              : n == 0   ? CODE
              : n == 6   ? LDT_SELECTOR
                         : DATA,
              2);
    field(c, CASE_TASK + 14, flags(c) & ~(uint32_t)TF, 2);
    for (unsigned n = 0; n < 4; n++)
        field(c, CASE_SEGMENTS + 2 * n, one_in(c, 3) ? data_selector(c) : DATA + 9 * (c->mode & 3), 2);
}

static void make(struct cases *c, uint8_t *record, uint64_t seed, unsigned number)
{
    c->drawn = seed * 1000003 + number;
    draw(c);
    c->record = record;
    memset(record, 0, CASE_SIZE);
    const bool stepped = one_in(c, 12);
    c->mode = below(c, 3) == 0 ? 0 : below(c, 5);
    c->stepped = stepped && c->mode != 4;
    field(c, CASE_MODE, c->mode, 1);
    environment(c);
    c->at = 0;
    for (unsigned n = 1 + below(c, 6); n; n--) {
        if (c->mode == 4)
            ONE_OF(c, virtual_pieces);
        else
            instruction(c);
    }
    for (unsigned at = c->at; at < LIMIT_AT; at += 2)
        field(c, CASE_CODE + at, 0x30cd, 2);
    field(c, CASE_CODE + LIMIT_AT, one_in(c, 2) ? DRAWN - 1 : GDT_ENTRIES * 8 - 1, 2); /* for LGDT */
    field(c, CASE_CODE + LIMIT_AT + 2, GDT, 4);
}

static int show(uint64_t seed, unsigned number)
{
    static const struct {
        const char *name;
        unsigned at, size;
    } fields[] = {
        {"mode", CASE_MODE, 1},
        {"bitmap", CASE_PORTS, 1},
        {"TSS type", CASE_TSS_TYPE, 1},
        {"PDE", CASE_PDE, 1},
        {"PTEs", CASE_PTE, 8},
        {"TSS limit", CASE_TSS_LIMIT, 2},
        {"EFLAGS", CASE_EFLAGS, 4},
        {"CR0", CASE_CR0, 4},
        {"CR4", CASE_CR4, 4},
        {"EAX", CASE_REGISTERS, 4},
        {"ECX", CASE_REGISTERS + 4, 4},
        {"EDX", CASE_REGISTERS + 8, 4},
        {"EBX", CASE_REGISTERS + 12, 4},
        {"EBP", CASE_REGISTERS + 16, 4},
        {"ESI", CASE_REGISTERS + 20, 4},
        {"EDI", CASE_REGISTERS + 24, 4},
        {"c0", CASE_DRAWN, 8},
        {"c8", CASE_DRAWN + 8, 8},
        {"d0", CASE_DRAWN + 16, 8},
        {"int 40", CASE_VECTOR, 8},
        {"CS", CASE_TASK, 2},
        {"SS", CASE_TASK + 2, 2},
        {"DS", CASE_TASK + 4, 2},
        {"ES", CASE_TASK + 6, 2},
        {"FS", CASE_TASK + 8, 2},
        {"GS", CASE_TASK + 10, 2},
        {"LDT", CASE_TASK + 12, 2},
        {"task's EFLAGS", CASE_TASK + 14, 2},
        {"DS ES FS GS", CASE_SEGMENTS, 8},
        {"code", CASE_CODE, CASE_CODE_SIZE},
    };
    uint8_t record[CASE_SIZE];
    struct cases c;
    make(&c, record, seed, number);
    for (unsigned n = 0; n < sizeof fields / sizeof fields[0]; n++) {
        printf("%-14s", fields[n].name);
        for (unsigned at = 0; at < fields[n].size; at++)
            printf(" %02x", record[fields[n].at + at]);
        printf("\n");
    }
    return 0;
}

int main(int argc, char **argv)
{
    static uint8_t rom[ROM_SIZE];
    struct cases c;
    if (argc == 3)
        return show(strtoull(argv[1], NULL, 0), (unsigned)strtoul(argv[2], NULL, 0));
    if (argc != 5)
        return 2;
    const unsigned count = (unsigned)strtoul(argv[4], NULL, 0);
    FILE *program = fopen(argv[1], "rb"), *out = fopen(argv[3], "wb");
    if (!program || !out || count > COUNT_MAX || fread(rom + ROM_CODE, 1, ROM_SIZE - ROM_CODE, program) == 0)
        return 2;
    for (unsigned n = 0; n < count; n++)
        make(&c, rom + n * CASE_SIZE, strtoull(argv[2], NULL, 0), n);
    rom[count * CASE_SIZE] = CASES_END;
    fclose(program);
    return fwrite(rom, 1, sizeof rom, out) == sizeof rom && fclose(out) == 0 ? 0 : 1;
}

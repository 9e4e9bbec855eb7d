/* guest_frame_ia32.c - the frame of a random IA-32 guest: the multiboot header that says how it is loaded, descriptor tables with what a return
 * may meet in them, handlers, the way into a case's ring and out of it, the end.
 *
 *    image:  jmp start | multiboot header | GDT | IDT | task state | handlers | start: case, case, ... | cli, hlt
 */
#include "monitor/lab/code_ia32.h"

#include <assert.h>

enum { MAGIC = 0x1badb002, HAS_ADDRESSES = 0x10000, HEADER = 8, GDT = 0x40, IDT = GDT + PC_SLOTS * 8, VECTORS = 0x81, LEAVE = 0x80 };
enum { TSS = IDT + VECTORS * 8, TSS_SIZE = 104, HANDLERS = TSS + TSS_SIZE };

/* --- bytes */

/* The longest guest has room; the test behind the assertion keeps a build without assertions within the buffer. */
static void put(struct lab_code *c, uint8_t byte)
{
    const unsigned n = c->bytes / 4;
    assert(n < LAB_WORDS);
    if (n >= LAB_WORDS)
        return;
    if (c->bytes % 4 == 0)
        c->word[n] = 0;
    c->word[n] |= (uint32_t)byte << c->bytes % 4 * 8;
    c->bytes++;
    c->count = n + 1;
}

void pc_bytes(struct lab_code *c, unsigned count, const uint8_t *bytes)
{
    for (unsigned n = 0; n < count; n++)
        put(c, bytes[n]);
}

void pc_number(struct lab_code *c, unsigned size, uint32_t value)
{
    for (unsigned n = 0; n < size; n++)
        put(c, (uint8_t)(value >> 8 * n));
}

void pc_mov(struct lab_code *c, unsigned reg, uint32_t value)
{
    put(c, (uint8_t)(0xb8 + reg));
    pc_number(c, 4, value);
}

void pc_push(struct lab_code *c, unsigned size, uint32_t value)
{
    if (size == 2)
        put(c, 0x66);
    put(c, 0x68);
    pc_number(c, size, value);
}

void pc_seg(struct lab_code *c, unsigned seg, unsigned selector)
{
    pc_mov(c, 0, selector);
    PC_CODES(c, 0x8e, (uint8_t)(0xc0 | seg << 3));
}

/* mov dword ss:[at], imm32: SS is the one that is known to be writable. */
unsigned pc_store_address(struct lab_code *c, uint32_t at)
{
    PC_CODES(c, 0x36, 0xc7, 0x05);
    pc_number(c, 4, at);
    pc_number(c, 4, 0);
    return c->bytes - 4;
}

/* The four bytes at `at` were put as zeros. */
void pc_patch(struct lab_code *c, unsigned at)
{
    const uint32_t here = pc_here(c);
    for (unsigned n = 0; n < 4; n++)
        c->word[(at + n) / 4] |= (here >> 8 * n & 0xff) << (at + n) % 4 * 8;
}

/* --- tables */

/* A segment [SDM 3A figure 3-8]; limit in pages if `wide`, else in bytes. The accessed bit is drawn, for whoever loads it has to set it. */
static void descriptor(struct pc_guest *g, unsigned slot, unsigned type, uint32_t base, uint32_t limit, bool wide, bool of_32)
{
    const unsigned accessed = type & 0x10 ? lab_coin(g->c) : 0;
    const bool present = slot != PC_CODE_ABSENT && slot != PC_DATA_ABSENT;
    pc_number(g->c, 4, (base & 0xffff) << 16 | (limit & 0xffff));
    pc_number(g->c, 4,
              (base & 0xff000000) | (wide ? 1u << 23 : 0) | (of_32 ? 1u << 22 : 0) | (limit & 0xf0000) | (present ? 1u << 15 : 0) |
                  (uint32_t)g->dpl[slot] << 13 | (type | accessed) << 8 | (base >> 16 & 0xff));
}

/* Types: 0x1a code, 0x18 that cannot be read, 0x1e conforming; 0x12 data, 0x10 that cannot be written; 0xc a call gate, 9 a task state. */
static void gdt(struct pc_guest *g)
{
    pc_number(g->c, 4, 0);
    pc_number(g->c, 4, 0);
    for (unsigned ring = 0; ring < 4; ring++)
        descriptor(g, PC_CODE + ring, 0x1a, 0, 0xfffff, true, true);
    for (unsigned ring = 0; ring < 4; ring++)
        descriptor(g, PC_DATA + ring, 0x12, 0, 0xfffff, true, true);
    descriptor(g, PC_TASK, 9, PC_IMAGE + TSS, TSS_SIZE - 1, false, false);
    descriptor(g, PC_CONFORMING, 0x1e, 0, 0xfffff, true, true);
    descriptor(g, PC_CODE_ABSENT, 0x1a, 0, 0xfffff, true, true);
    descriptor(g, PC_DATA_ABSENT, 0x12, 0, 0xfffff, true, true);
    descriptor(g, PC_CODE_SHORT, 0x1a, 0, 0xfff, false, true);
    descriptor(g, PC_CODE_ONLY, 0x18, 0, 0xfffff, true, true);
    descriptor(g, PC_CODE_16, 0x1a, 0, 0xfffff, true, false);
    descriptor(g, PC_DATA_16, 0x12, PC_NARROW, 0xffff, false, false);
    descriptor(g, PC_DATA_ONLY, 0x10, 0, 0xfffff, true, true);
    descriptor(g, PC_DATA_SHORT, 0x12, PC_NARROW, 0xfff, false, true);
    descriptor(g, PC_GATE, 0xc, 0, 0, false, false);
}

/* Which exceptions push an error code [SDM 3A table 6-1]. */
static bool has_error(unsigned vector) { return vector == IA_DF || (vector >= IA_TS && vector <= IA_PF) || vector == IA_AC; }

/* Their lengths are known, so that the tables before them can name them: a stub for each vector, and what they lead to. */
enum { EXCEPTIONS = 32, STUB = 7, ERROR_AT = HANDLERS + EXCEPTIONS * STUB, PLAIN_AT = ERROR_AT + 3, STEP_AT = PLAIN_AT + 16 };
enum { LEAVE_AT = STEP_AT + 9, HANDLERS_END = LEAVE_AT + 7 };

/* Interrupt gates, to ring 0: so IF, TF and NT are clear in handlers. Zeros stand for those that nothing raises. The task state names the
 * stack of ring 0 alone, and no I/O map. */
static void tables(struct pc_guest *g)
{
    struct lab_code *c = g->c;
    gdt(g);
    for (unsigned vector = 0; vector < VECTORS; vector++) {
        const uint32_t to = PC_IMAGE + (vector == LEAVE ? LEAVE_AT : vector == IA_DB ? STEP_AT : HANDLERS + vector * STUB);
        const bool there = vector < EXCEPTIONS || vector == LEAVE;
        pc_number(c, 4, there ? pc_selector(PC_CODE, 0) << 16 | (to & 0xffff) : 0);
        pc_number(c, 4, there ? (to & 0xffff0000) | (vector == LEAVE ? 0xee00 : 0x8e00) : 0);
    }
    for (unsigned at = 0; at < TSS_SIZE; at += 4)
        pc_number(c, 4, at == 4 ? PC_STACKS : at == 8 ? pc_selector(PC_DATA, 0) : at == 100 ? (uint32_t)TSS_SIZE << 16 : 0);
}

/* --- handlers */

/* A stub pushes its number, so that which exception it was is on the stack: that is compared, too. */
static void handlers(struct lab_code *c)
{
    for (unsigned vector = 0; vector < EXCEPTIONS; vector++) {
        PC_CODES(c, 0x6a, (uint8_t)vector, 0xe9); /* push vector; jmp */
        pc_number(c, 4, (has_error(vector) ? ERROR_AT : PLAIN_AT) - (c->bytes + 4));
    }
    PC_CODES(c, 0x83, 0xc4, 0x04); /* add esp, 4: the error code */
    PC_CODES(c, 0x83, 0xc4, 0x04); /* add esp, 4: the vector, or what is in its place */
    PC_CODES(c, 0x50, 0x2e, 0xa1); /* push eax; mov eax, cs:[RESUME] */
    pc_number(c, 4, PC_RESUME);
    PC_CODES(c, 0x89, 0x44, 0x24, 0x04, 0x58, 0xcf);                   /* mov [esp+4], eax; pop eax; iret */
    PC_CODES(c, 0x81, 0x64, 0x24, 0x08, 0xff, 0xfe, 0xff, 0xff, 0xcf); /* and dword [esp+8], ~TF; iret */
    PC_CODES(c, 0x2e, 0xff, 0x25);                                     /* jmp cs:[NEXT] */
    pc_number(c, 4, PC_NEXT);
    assert(c->bytes == HANDLERS_END);
}

static void header(struct lab_code *c)
{
    put(c, 0xe9); /* jmp start */
    pc_number(c, 4, HANDLERS_END - 5);
    pc_number(c, 3, 0);
    pc_number(c, 4, MAGIC);
    pc_number(c, 4, HAS_ADDRESSES);
    pc_number(c, 4, 0u - (MAGIC + HAS_ADDRESSES));
    pc_number(c, 4, PC_IMAGE + HEADER);
    pc_number(c, 4, PC_IMAGE); /* all of the file, from here on */
    pc_number(c, 4, 0);
    pc_number(c, 4, 0);
    pc_number(c, 4, PC_IMAGE); /* the entry */
    while (c->bytes < GDT)
        put(c, 0);
}

/* lgdt, lidt by an operand that is pushed first; the selectors of the boot loader mean nothing any more. */
static void table_load(struct lab_code *c, unsigned opcode, uint32_t base, unsigned limit)
{
    pc_push(c, 4, base);
    pc_push(c, 2, limit);
    PC_CODES(c, 0x0f, 0x01, (uint8_t)opcode, 0x24); /* [esp] */
}

void pc_begin(struct pc_guest *g, struct lab_code *c, uint64_t seed)
{
    *g = (struct pc_guest){.c = c};
    c->random = seed;
    c->count = c->bytes = 0;
    for (unsigned slot = 1; slot < PC_SLOTS; slot++)
        g->dpl[slot] = (uint8_t)(slot < PC_TASK ? (slot - 1) % 4 : slot == PC_TASK ? 0 : lab_below(c, 4));
    header(c);
    tables(g);
    handlers(c);
    pc_mov(c, IA_ESP, PC_STACKS);
    table_load(c, 0x14, PC_IMAGE + GDT, PC_SLOTS * 8 - 1);
    table_load(c, 0x1c, PC_IMAGE + IDT, VECTORS * 8 - 1);
    put(c, 0xea); /* jmp far */
    pc_number(c, 4, pc_here(c) + 6);
    pc_number(c, 2, pc_selector(PC_CODE, 0));
    pc_seg(c, IA_SS, pc_selector(PC_DATA, 0));
    pc_mov(c, 0, pc_selector(PC_TASK, 0));
    PC_CODES(c, 0x0f, 0x00, 0xd8);       /* ltr ax */
    PC_CODES(c, 0x36, 0x66, 0xc7, 0x05); /* mov word ss:[LOW], int 0x80 */
    pc_number(c, 4, PC_LOW);
    pc_number(c, 2, 0x80cd);
}

/* --- cases */

/* What a data segment may hold in ring 0: anything readable, or nothing. */
static void data_segments(struct pc_guest *g)
{
    static const uint8_t seg[] = {IA_ES, IA_DS, IA_FS, IA_GS};
    static const uint8_t slot[] = {PC_DATA, PC_DATA + 1, PC_DATA + 2, PC_DATA + 3,  PC_CODE,      PC_CODE + 3,
                                   0,       PC_DATA_16,  PC_CODE_16,  PC_DATA_ONLY, PC_CONFORMING};
    for (unsigned n = 0; n < sizeof seg; n++) {
        const unsigned s = slot[lab_below(g->c, sizeof slot)], most = s ? g->dpl[s] : 3;
        pc_seg(g->c, seg[n], pc_selector(s, lab_below(g->c, most + 1)));
    }
}

/* EAX is anybody's. ESP is not played with. */
static void registers(struct lab_code *c)
{
    static const uint8_t reg[] = {1, 2, 3, 5, 6, 7};
    for (unsigned n = 0; n < sizeof reg; n++)
        pc_mov(c, reg[n], (uint32_t)lab_random(c));
}

/* Into an outer ring leads IRET, as it does in a kernel. In ring 0 the case goes on where it stands. */
void pc_case_begin(struct pc_guest *g, struct pc_case *k)
{
    struct lab_code *c = g->c;
    PC_CODES(c, 0xfa); /* cli */
    pc_seg(c, IA_SS, pc_selector(PC_DATA, 0));
    pc_mov(c, IA_ESP, PC_STACKS);
    k->next = pc_store_address(c, PC_NEXT);
    k->resume = pc_store_address(c, PC_RESUME);
    registers(c);
    data_segments(g);
    if (k->ring == 0) {
        pc_push(c, 4, k->flags);
        PC_CODES(c, 0x9d); /* popf */
        if (k->stack != PC_DATA)
            pc_seg(c, IA_SS, pc_selector(k->stack, 0));
        pc_mov(c, IA_ESP, k->esp);
        return;
    }
    pc_push(c, 4, pc_selector(k->stack, k->ring));
    pc_push(c, 4, k->esp);
    pc_push(c, 4, k->flags);
    pc_push(c, 4, pc_selector(PC_CODE + k->ring, k->ring));
    pc_push(c, 4, pc_here(c) + 6);
    PC_CODES(c, 0xcf);
}

void pc_case_resume(struct pc_guest *g, const struct pc_case *k) { pc_patch(g->c, k->resume); }

void pc_case_end(struct pc_guest *g, const struct pc_case *k)
{
    PC_CODES(g->c, 0xcd, LEAVE);
    pc_patch(g->c, k->next);
}

void pc_end(struct pc_guest *g) { PC_CODES(g->c, 0xfa, 0xf4, 0xeb, 0xfd); /* cli; hlt; jmp to the hlt */ }

/* native_x86_64.c - stretches of machine code for x86-64: stencils with their holes filled in, and between them what loads and stores
 * registers, counts instructions, and jumps. Within a stretch
 *
 *     rdi  the hart     rsi  the page's first record     rdx  left, less what has been counted     rcx  a value that is often needed next
 *
 * and all of the program's registers are in the hart. The instructions between two labels are counted at once, where the way there ends;
 * `pending` is how many are not counted yet, at a label none. Who leaves in between brings rdx up to date on the way, in code that all
 * stretches share: eax says by how much, and which record it is. Each label looks whether as many are left as may retire to the next look,
 * and so does who jumps out of the stretch.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "isa/decoded.h"
#include "isa/riscv/decode.h"
#include "isa/riscv/fast.h"
#include "isa/riscv/miss.h"
#include "isa/riscv/native_put.h"
#include "isa/riscv/table.h"

_Static_assert(sizeof(struct rv_insn) == 16, "shifted by four");

const char native_host[] = "x86-64";

/* Which integer operands a row has: letters of its format. */
enum {
#define FORM(name, pattern, decoded, needs) FORMAT_##name,
#include "isa/riscv/format.def"
#undef FORM
    FORMATS
};
static const char *const pattern[FORMATS] = {
#define FORM(name, pattern, decoded, needs) pattern,
#include "isa/riscv/format.def"
#undef FORM
};
static const uint8_t row_format[] = {
#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) [RV_INSN_##name] = FORMAT_##format,
#include "isa/riscv/insn.def"
#undef INSN
};
static bool has_operand(unsigned row, char letter) { return strchr(pattern[row_format[row]], letter) != NULL; }

/* --- registers */

static int64_t place_of(unsigned r) { return (int64_t)offsetof(struct hart, x) + 8 * (int64_t)r; }

/* The first operand in rcx, the second in r8, what is written from rcx. */
static void load_one(struct emitter *e, unsigned r)
{
    if (e->acc == r)
        return;
    if (r == 0) {
        PUT(e, 0x31, 0xc9); /* xor ecx, ecx */
    } else {
        PUT(e, 0x48, 0x8b); /* mov rcx, [rdi + x] */
        put_place(e, 0x8f, place_of(r));
    }
    e->acc = r;
}
static void load_two(struct emitter *e, unsigned r)
{
    if (e->acc == r) {
        PUT(e, 0x49, 0x89, 0xc8); /* mov r8, rcx */
    } else if (r == 0) {
        PUT(e, 0x45, 0x31, 0xc0); /* xor r8d, r8d */
    } else {
        PUT(e, 0x4c, 0x8b); /* mov r8, [rdi + x] */
        put_place(e, 0x87, place_of(r));
    }
}
static void store_one(struct emitter *e, unsigned r)
{
    e->acc = ACC_NONE;
    if (r == RV_SINK)
        return;
    PUT(e, 0x48, 0x89); /* mov [rdi + x], rcx */
    put_place(e, 0x8f, place_of(r));
    e->acc = r;
}

static void count_down(struct emitter *e, int count)
{
    if (!count)
        return;
    PUT(e, 0x48, 0x8d); /* lea rdx, [rdx - count] */
    put_place(e, 0x92, -(int64_t)count);
}
static void settle(struct emitter *e)
{
    count_down(e, (int)e->pending);
    e->pending = 0;
}

/* --- instructions */

/* To the record of this slot, which may have become machine code by then, or to its label. */
static void jump_to(struct emitter *e, unsigned slot)
{
    PUT(e, 0xe9, 0, 0, 0, 0); /* jmp */
    exit_later(e, e->at - 4, WANT_NEXT, slot, 0);
}

/* Where the jump of this slot leads, when that is in the page. */
static unsigned target_of(const struct emitter *e, unsigned slot) { return (unsigned)((int64_t)slot + e->p->record[slot].imm / 2); }
static bool is_near(const struct emitter *e, unsigned slot) { return e->p->record[slot].aux != 0; }

/* As bodies look (straight.c): goes to the outer loop if fewer are left. */
static void put_look(struct emitter *e, unsigned slot, uint8_t least)
{
    PUT(e, 0x48, 0x83, 0xfa, least); /* cmp rdx, least */
    PUT(e, 0x0f, 0x82, 0, 0, 0, 0);  /* jb */
    exit_later(e, e->at - 4, WANT_WAIT, slot, 0);
}

static void put_far(struct emitter *e, unsigned slot)
{
    put_stencil(e, &rv_stencil_far, slot);
    e->acc = ACC_NONE;
}

static void put_jump(struct emitter *e, unsigned slot)
{
    if (is_near(e, slot))
        jump_to(e, target_of(e, slot));
    else
        put_far(e, slot);
}

/* li: nothing is to be computed. */
static bool put_constant(struct emitter *e, unsigned row, const struct rv_insn *r)
{
    if (row != RV_INSN_addi || (r->rs1 != 0 && r->rd != RV_SINK))
        return false;
    if (r->rd != RV_SINK) {
        PUT(e, 0x48, 0xc7); /* mov qword [rdi + x], imm */
        put_place(e, 0x87, place_of(r->rd));
        put32(e, r->imm);
        e->acc = e->acc == r->rd ? ACC_NONE : e->acc;
    }
    return true;
}

/* The instruction of this record; false: nothing follows it. */
static bool put_insn(struct emitter *e, unsigned slot)
{
    const struct rv_insn *r = &e->p->record[slot];
    const unsigned row = rv_base_row(e->p->row[slot]), does = rv_does[row];
    if (put_constant(e, row, r)) {
        e->pending++;
        return true;
    }
    if (does & (DOES_BRANCH | DOES_JUMP | DOES_JUMP_REG)) { /* a jump to another page counts itself */
        e->pending += (does & DOES_BRANCH) || ((does & DOES_JUMP) && is_near(e, slot));
        settle(e);
    }
    if (has_operand(row, 't'))
        load_two(e, r->rs2);
    if (has_operand(row, 's'))
        load_one(e, r->rs1);
    put_stencil(e, &rv_stencil[row], slot);
    if (does & DOES_JUMP_REG)
        return false;
    if (has_operand(row, 'd'))
        store_one(e, r->rd);
    if (does & DOES_JUMP)
        put_jump(e, slot);
    else if (!(does & DOES_BRANCH))
        e->pending++;
    return !(does & DOES_JUMP);
}

/* Nothing is pending. */
static void put_label(struct emitter *e, unsigned slot)
{
    e->acc = ACC_NONE;
    e->np->at[slot] = (uint32_t)e->at;
    put_look(e, slot, e->p->ahead[slot]);
}

/* In the order of the page, so that going on is mostly no jump. */
static void put_all(struct emitter *e)
{
    bool goes_on = false;
    unsigned next = 0;
    for (unsigned slot = 0; slot < CODE_RECORDS; slot++) {
        if (!slot_in(e->plan->member, slot))
            continue;
        if (goes_on && next != slot) {
            settle(e);
            jump_to(e, next);
        }
        if (slot_in(e->plan->label, slot))
            settle(e); /* which is owed by the instructions before */
        put_piece(e, slot, PIECE_HOT);
        if (slot_in(e->plan->label, slot))
            put_label(e, slot);
        goes_on = put_insn(e, slot);
        next = slot + rv_rows[e->p->row[slot]].length / 2;
    }
    if (goes_on) {
        settle(e);
        jump_to(e, next);
    }
}

/* A branch is counted before it is known where it leads; a far jump counts itself. */
static void put_exit(struct emitter *e, struct exit_hole x)
{
    put_piece(e, x.from, PIECE_APART);
    if (x.want == WANT_TAKEN && !is_near(e, x.slot)) {
        fill_distance(e, x.hole, e->at);
        count_down(e, -1);
        put_far(e, x.slot);
        return;
    }
    if (x.want == WANT_TAKEN) {
        x.want = WANT_NEXT;
        x.slot = (uint16_t)target_of(e, x.slot);
    }
    if (x.want == WANT_NEXT && x.slot < CODE_RECORDS && e->np->at[x.slot] >= NATIVE_LABELS) {
        fill_distance(e, x.hole, e->np->at[x.slot]);
        return;
    }
    fill_distance(e, x.hole, e->at);
    if (x.want == WANT_NEXT) {
        put_look(e, x.slot, HART_SLICE);
        PUT(e, 0x48, 0x8d); /* lea rsi, [rsi + slot * 16] */
        put_place(e, 0xb6, (int64_t)x.slot * (int64_t)sizeof(struct rv_insn));
        PUT(e, 0xff, 0x26); /* jmp [rsi] */
        return;
    }
    PUT(e, 0xb8); /* mov eax, owed | slot << 16 */
    put32(e, (int32_t)((uint32_t)x.slot << 16 | (uint16_t)x.owed));
    PUT(e, 0xe9, 0, 0, 0, 0); /* jmp */
    fill_distance(e, e->at - 4, e->n->exit[x.want]);
}

bool native_emit(struct native *n, struct code_page *p, struct native_page *np, const struct native_plan *plan)
{
    struct later *later = malloc(sizeof *later);
    const size_t pieces = n->pieces.count;
    if (!later)
        return false;
    struct emitter e = {.n = n, .p = p, .np = np, .plan = plan, .page = (uint16_t)(np - n->page), .at = n->used};
    e.end = n->used + NATIVE_STRETCH_BYTES;
    e.acc = ACC_NONE;
    e.exit = later->exit;
    e.cold = later->cold;
    put_all(&e);
    put_colds(&e);
    for (unsigned i = 0; i < e.exits; i++)
        put_exit(&e, e.exit[i]);
    free(later);
    const bool fits = e.at < e.end;
    if (!fits)
        n->pieces.count = pieces;
    for (unsigned slot = 0; slot < CODE_RECORDS; slot++) {
        if (!slot_in(plan->member, slot))
            continue;
        if (fits)
            slot_add(np->translated, slot);
        else
            np->at[slot] = 0;
    }
    if (fits)
        n->used = e.at;
    return fits;
}

/* --- what lies at the beginning */

body_fn *native_emit_entry(struct native *n, const struct native_page *np, unsigned slot)
{
    struct emitter e = {.n = n, .at = n->used, .end = n->code.size};
    PUT(&e, 0x48, 0x8d); /* lea rsi, [rsi - slot * 16] */
    put_place(&e, 0xb6, -(int64_t)slot * (int64_t)sizeof(struct rv_insn));
    PUT(&e, 0xe9, 0, 0, 0, 0); /* jmp */
    fill_distance(&e, e.at - 4, np->at[slot]);
    if (e.at == e.end)
        return NULL;
    body_fn *entry = (body_fn *)(uintptr_t)(n->code.execute + n->used);
    native_entry_piece(n, (uint32_t)n->used, np->at[slot], slot);
    n->used = e.at;
    return entry;
}

static void put_go(struct emitter *e, uintptr_t to)
{
    PUT(e, 0x48, 0xb8); /* mov rax, to */
    native_put(e, &to, sizeof to);
    PUT(e, 0xff, 0xe0); /* jmp rax */
}

/* Makes rdx and rsi true by what eax says. */
static void put_leave(struct emitter *e, unsigned want, body_fn *to)
{
    e->n->exit[want] = (uint32_t)e->at;
    PUT(e, 0x48, 0x0f, 0xbf, 0xc8); /* movsx rcx, ax */
    PUT(e, 0x48, 0x29, 0xca);       /* sub rdx, rcx */
    PUT(e, 0xc1, 0xe8, 16);         /* shr eax, 16 */
    PUT(e, 0xc1, 0xe0, 4);          /* shl eax, 4 */
    PUT(e, 0x48, 0x01, 0xc6);       /* add rsi, rax */
    put_go(e, (uintptr_t)to);
}

void native_emit_shared(struct native *n)
{
    struct emitter e = {.n = n, .at = NATIVE_LABELS, .end = n->code.size};
    put_leave(&e, WANT_CAREFUL, rv_careful);
    put_leave(&e, WANT_ALONE, rv_alone);
    put_leave(&e, WANT_WAIT, rv_native_wait);
    n->exit[WANT_JUMP] = (uint32_t)e.at;
    put_go(&e, (uintptr_t)rv_native_jump);
    e.at = align_up(e.at, 16);
    n->data = (uint32_t)e.at;
    native_put(&e, rv_stencil_data, rv_stencil_data_size);
    n->call = (uint32_t)e.at;
    for (unsigned c = 0; c < rv_stencil_calls; c++)
        put_go(&e, (uintptr_t)rv_stencil_call[c]);
    n->used = n->start = align_up(e.at, 64);
}

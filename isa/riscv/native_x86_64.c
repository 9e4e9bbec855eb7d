/* native_x86_64.c - stretches of machine code for x86-64: stencils with their holes filled in, and between them what loads and stores
 * registers, counts instructions, and jumps. Within a stretch
 *
 *     rdi  the hart     rsi  the page's first record     rdx  left, less what has been counted     rcx  a value that is often needed next
 *     r8   the page of data that was reached last     r9  what leads from its addresses to the host's
 *
 * and all of the program's registers are in the hart, but for the one that rcx has just been given. The instructions between two labels are
 * counted at once, where the way there ends; `pending` is how many are not counted yet, at a label none. Who leaves in between brings rdx up
 * to date on the way, in code that all stretches share: eax says by how much, and which record it is. Each label looks whether as many are
 * left as may retire to the next look, and so does who jumps out of the stretch.
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

/* --- registers */

static int64_t place_of(unsigned r) { return (int64_t)offsetof(struct hart, x) + 8 * (int64_t)r; }

/* The first operand is in rcx, and what is written, which waits there: it is stored when another comes, or the instruction may leave, for
 * then all registers are looked for in the hart. One that is written anew before that is never stored. */
static void store(struct emitter *e)
{
    if (!e->waits)
        return;
    PUT(e, 0x48, 0x89); /* mov [rdi + x], rcx */
    put_place(e, 0x8f, place_of(e->acc));
    e->waits = false;
}
static void forget(struct emitter *e)
{
    e->acc = ACC_NONE;
    e->waits = false;
    e->base = ACC_NONE;
    e->fp = NEEDS_NOTHING;
}
static void load(struct emitter *e, unsigned r)
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
/* rcx has what the instruction writes. */
static void written(struct emitter *e, unsigned r)
{
    if (r == e->base)
        e->base = ACC_NONE;
    e->acc = r == RV_SINK ? ACC_NONE : r;
    e->waits = r != RV_SINK;
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

/* rsi, which has been the record's, becomes the page's. */
enum { BASE_BYTES = 7 };
static void put_base(struct emitter *e, unsigned slot)
{
    PUT(e, 0x48, 0x8d, 0xb6); /* lea rsi, [rsi - slot * 16] */
    put32(e, -(int64_t)slot * (int64_t)sizeof(struct rv_insn));
}

static void put_far(struct emitter *e, unsigned slot)
{
    put_stencil(e, &rv_stencil_far, slot);
    forget(e);
}

static void put_jump(struct emitter *e, unsigned slot)
{
    store(e);
    if (is_near(e, slot))
        jump_to(e, target_of(e, slot));
    else
        put_far(e, slot);
}

/* li and mv: nothing is to be computed. */
static bool put_copy(struct emitter *e, unsigned row, const struct rv_insn *r)
{
    const bool constant = row == RV_INSN_addi && (r->rs1 == 0 || r->rd == RV_SINK);
    const bool move = (row == RV_INSN_addi && r->imm == 0) || (row == RV_INSN_add && r->rs1 == 0);
    if (constant && r->rd != RV_SINK) {
        PUT(e, 0x48, 0xc7); /* mov qword [rdi + x], imm */
        put_place(e, 0x87, place_of(r->rd));
        put32(e, r->imm);
        if (e->acc == r->rd)
            e->acc = ACC_NONE;
        e->waits &= e->acc != ACC_NONE;
        if (e->base == r->rd)
            e->base = ACC_NONE;
    } else if (!constant && move) {
        const unsigned from = row == RV_INSN_add ? r->rs2 : r->rs1;
        if (e->acc != r->rd || from == r->rd)
            store(e);
        load(e, from);
        written(e, r->rd);
    }
    return constant || move;
}

/* What waits is to be in the hart where it is looked for, and before rcx has something else; not if it is written over. */
static void put_operands(struct emitter *e, unsigned row, const struct rv_insn *r)
{
    const bool second = has_operand(row, 't') && r->rs2 == e->acc, over = has_operand(row, 'd') && r->rd == e->acc;
    if (second || !over || !stays(&rv_stencil[row]))
        store(e);
    e->waits = false;
    if (has_operand(row, 's'))
        load(e, r->rs1);
}

/* The instruction of this record; false: nothing follows it. */
static bool put_insn(struct emitter *e, unsigned slot)
{
    const struct rv_insn *r = &e->p->record[slot];
    const unsigned row = rv_base_row(e->p->row[slot]), does = rv_does[row];
    if (put_copy(e, row, r)) {
        e->pending++;
        return true;
    }
    if (does & (DOES_BRANCH | DOES_JUMP | DOES_JUMP_REG)) { /* a jump to another page counts itself */
        e->pending += (does & DOES_BRANCH) || ((does & DOES_JUMP) && is_near(e, slot));
        settle(e);
    }
    put_operands(e, row, r);
    put_stencil(e, stencil_for(e, row, r), slot);
    if (does & DOES_JUMP_REG)
        return false;
    if (has_operand(row, 'd'))
        written(e, r->rd);
    if (does & DOES_JUMP)
        put_jump(e, slot);
    else if (!(does & DOES_BRANCH))
        e->pending++;
    return !(does & DOES_JUMP);
}

/* A way in is where nothing else leads: it needs no jump (native_emit_entry). */
static void put_way_in(struct emitter *e, unsigned slot)
{
    put_piece(e, slot, PIECE_ENTRY);
    put_base(e, slot);
    slot_add(e->plan->before, slot);
}

/* Nothing is pending. */
static void put_label(struct emitter *e, unsigned slot)
{
    forget(e);
    e->np->at[slot] = (uint32_t)e->at;
    put_look(e, slot, e->p->ahead[slot]);
}

/* What others that come here have done, too: then all registers are in the hart, and everything is counted. */
static void meet(struct emitter *e)
{
    store(e);
    settle(e);
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
            meet(e);
            jump_to(e, next);
            goes_on = false;
        }
        if (goes_on && slot_in(e->plan->label, slot))
            meet(e);
        else if (!goes_on && slot_in(e->plan->entry, slot))
            put_way_in(e, slot);
        put_piece(e, slot, PIECE_HOT);
        if (slot_in(e->plan->label, slot))
            put_label(e, slot);
        goes_on = put_insn(e, slot);
        next = slot + rv_rows[e->p->row[slot]].length / 2;
    }
    if (goes_on) {
        meet(e);
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

bool native_emit(struct native *n, struct code_page *p, struct native_page *np, struct native_plan *plan)
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

body_fn *native_emit_entry(struct native *n, const struct native_page *np, const struct native_plan *plan, unsigned slot)
{
    struct emitter e = {.n = n, .at = n->used, .end = n->code.size};
    if (plan && slot_in(plan->before, slot))
        return (body_fn *)(uintptr_t)(n->code.execute + np->at[slot] - BASE_BYTES);
    put_base(&e, slot);
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

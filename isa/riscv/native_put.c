/* native_put.c - bytes of machine code, and stencils with their holes filled in. That memory is full shows at the end: nothing is written
 * behind it, and the stretch does not fit.
 */
#include <string.h>

#include "isa/decoded.h"
#include "isa/riscv/decode.h"
#include "isa/riscv/native_put.h"
#include "isa/riscv/table.h"

/* --- bytes */

void native_put(struct emitter *e, const void *bytes, size_t size)
{
    if (size <= e->end - e->at) {
        memcpy(e->n->code.write + e->at, bytes, size);
        e->at += size;
    } else {
        e->at = e->end; /* full: what is made is thrown away */
    }
}
void put32(struct emitter *e, int64_t v)
{
    const int32_t bits = (int32_t)v;
    native_put(e, &bits, sizeof bits);
}

static void fill(struct emitter *e, size_t hole, int64_t v)
{
    const int32_t bits = (int32_t)v;
    if (hole + sizeof bits <= e->end)
        memcpy(e->n->code.write + hole, &bits, sizeof bits);
}
void fill_distance(struct emitter *e, size_t hole, size_t to) { fill(e, hole, (int64_t)to - (int64_t)hole - 4); }

void put_piece(struct emitter *e, unsigned slot, unsigned kind)
{
    e->slot = slot;
    if (e->n->pieces.kept)
        native_piece(e->n, &(struct native_piece){.at = (uint32_t)e->at,
                                                  .stretch = (uint32_t)e->n->stretches + 1,
                                                  .page = e->page,
                                                  .slot = (uint16_t)slot,
                                                  .kind = (uint16_t)kind});
}

/* A distance of 8 bits will often do. */
void put_place(struct emitter *e, uint8_t modrm, int64_t distance)
{
    if (distance >= -128 && distance < 128) {
        PUT(e, (uint8_t)(modrm ^ 0xc0), (uint8_t)distance);
    } else {
        PUT(e, modrm);
        put32(e, distance);
    }
}

/* --- ways out */

void exit_later(struct emitter *e, size_t hole, unsigned want, unsigned slot, int owed)
{
    if (e->exits == EXITS_MAX)
        e->at = e->end;
    else
        e->exit[e->exits++] = (struct exit_hole){(uint32_t)hole, (uint16_t)slot, (uint16_t)e->slot, (uint8_t)want, (int16_t)owed};
}

/* --- stencils */

static int64_t number(const struct emitter *e, const struct stencil *s, enum stencil_want want, unsigned slot)
{
    const struct rv_insn *r = &e->p->record[slot];
    switch (want) {
    case WANT_RD: return 8 * (int64_t)(s == &rv_stencil_far ? RV_SINK : r->rd);
    case WANT_RS1: return 8 * (int64_t)r->rs1;
    case WANT_RS2: return 8 * (int64_t)r->rs2;
    case WANT_RS3: return 8 * (int64_t)(r->aux >> 3);
    case WANT_IMM: return r->imm;
    case WANT_RM: return (r->aux & 7) == 7 ? 0 : r->aux & 7;
    case WANT_FRM: return (r->aux & 7) == 7 ? 7 : 0;
    case WANT_PC: return 2 * (int64_t)slot;
    default: return rv_rows[e->p->row[slot]].length;
    }
}

/* Bytes of a stencil that have been put somewhere. */
struct piece {
    const struct stencil *stencil;
    size_t from, size; /* in it */
    size_t at, next;   /* where they are, and where WANT_NEXT leads */
    unsigned slot;
    int owed;
};

static void fill_hole(struct emitter *e, const struct piece *p, const struct stencil_hole *hole)
{
    const size_t place = p->at + hole->at - p->from, addend = (size_t)(ptrdiff_t)hole->addend;
    const bool afresh = hole->want == WANT_AFRESH;
    switch ((enum stencil_want)hole->want) {
    case WANT_NEXT: fill_distance(e, place, p->next); break;
    case WANT_JUMP: fill_distance(e, place, e->n->exit[WANT_JUMP]); break;
    case WANT_DATA: fill_distance(e, place, e->n->data + addend); break;
    case WANT_CALL: fill_distance(e, place, e->n->call + addend * CALL_BYTES); break;
    case WANT_TAKEN:
    case WANT_CAREFUL:
    case WANT_ALONE: exit_later(e, place, hole->want, p->slot, p->owed); break;
    case WANT_AFRESH:
    case WANT_COLD:
        if (e->colds == EXITS_MAX)
            e->at = e->end;
        else
            e->cold[e->colds++] = (struct cold_part){.stencil = afresh ? &rv_stencil[rv_base_row(e->p->row[p->slot])] : p->stencil,
                                                     .whole = afresh,
                                                     .hole = (uint32_t)place,
                                                     .from = (uint32_t)addend,
                                                     .next = (uint32_t)p->next,
                                                     .slot = (uint16_t)p->slot,
                                                     .owed = (int16_t)p->owed};
        break;
    case WANT_SHIFT:
        if (place < e->end)
            e->n->code.write[place] = (uint8_t)e->p->record[p->slot].imm;
        break;
    default: fill(e, place, number(e, p->stencil, hole->want, p->slot) + hole->addend);
    }
}

static void fill_holes(struct emitter *e, const struct piece *p)
{
    const struct stencil_hole *hole = &rv_stencil_holes[p->stencil->holes];
    for (unsigned n = 0; n < p->stencil->count; n++)
        if (hole[n].at >= p->from && hole[n].at < p->from + p->size)
            fill_hole(e, p, &hole[n]);
}

void put_stencil(struct emitter *e, const struct stencil *s, unsigned slot)
{
    const struct piece p = {.stencil = s, .size = s->hot, .at = e->at, .next = e->at + s->hot, .slot = slot, .owed = (int)e->pending};
    native_put(e, &rv_stencil_bytes[s->bytes], s->hot);
    fill_holes(e, &p);
}

static void put_cold(struct emitter *e, const struct cold_part *c)
{
    const struct stencil *s = c->stencil;
    const struct piece p = {.stencil = s,
                            .from = c->whole ? 0 : s->hot + c->from,
                            .size = c->whole ? s->hot : s->cold - c->from,
                            .at = e->at,
                            .next = c->next,
                            .slot = c->slot,
                            .owed = c->owed};
    put_piece(e, c->slot, PIECE_APART);
    fill_distance(e, c->hole, e->at);
    native_put(e, &rv_stencil_bytes[s->bytes] + p.from, p.size);
    fill_holes(e, &p);
    if (!c->whole)
        return;
    PUT(e, 0xe9, 0, 0, 0, 0); /* jmp */
    fill_distance(e, e->at - 4, c->next);
}

void put_colds(struct emitter *e)
{
    for (unsigned i = 0; i < e->colds; i++)
        put_cold(e, &e->cold[i]);
}

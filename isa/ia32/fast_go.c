/* fast_go.c - what fast bodies leave to others, and the ways from run to run. */
#include "isa/ia32/access.h"
#include "isa/ia32/fast.h"
#include "isa/ia32/fast_record.h"
#include "isa/ia32/run.h"

/* The loop is for builds without calls in tail position, where each body returns to it; elsewhere it goes round
 * once. */
bool ia_fast_enter(struct ia_cpu *c, struct ia_code_page *page, unsigned record)
{
    const struct ia_fast *i = &page->fast[record];
    uintptr_t end = ia_fast_end(i, c->left);
    enum ia_fast_result result;
    c->here = page;
    c->here_eip = c->eip & (uint32_t)PAGE_MASK;
    while ((result = i->body IA_FAST_ARGUMENTS(c, i, end, c->space)) == FAST_ON) {
        i = c->at;
        end = c->end;
    }
    return result != FAST_TRAP;
}

/* EIP and the count are made true, since the body, a trap and a device look at them. When it has returned, anything
 * may have changed: then the outer loop goes on. `page` is still the one that is executed, though its records may
 * have been forgotten by a write. */
FAST(any)
{
    struct ia_code_page *page = c->here;
    const unsigned n = ia_code_number(page, i), at = ia_code_place_of(page, n);
    const ia_insn *s = &page->record[n];
    const uint32_t behind = c->here_eip + at + s->length;
    c->eip = c->here_eip + at;
    c->next = behind;
    c->left = ia_fast_left(i, end);
    if (UNLIKELY(!s->body(c, s))) {
        ia_trap_name(c, s, page->host + at);
        return FAST_TRAP;
    }
    c->left--;
    c->eip = c->next;
    if (UNLIKELY(c->attention || c->left < FAST_SLICE))
        return FAST_LEFT;
    if (UNLIKELY(c->next != behind)) {
        if (c->next != c->here_eip + at)
            RETURN_CALL(ia_fast_go IA_FAST_ARGUMENTS(c, i, end, t));
        end = ia_fast_end(i, c->left); /* a repetition */
        RETURN_GO_ON(i);
    }
    end = ia_fast_end(i + 1, c->left);
    RETURN_NEXT;
}

/* The instruction at `i` has faulted. */
static enum ia_fast_result faulted(struct ia_cpu *c, const struct ia_fast *i, uintptr_t end)
{
    const struct ia_code_page *page = c->here;
    const unsigned n = ia_code_number(page, i), at = ia_code_place_of(page, n);
    c->eip = c->here_eip + at;
    c->left = ia_fast_left(i, end);
    ia_trap_name(c, &page->record[n], page->host + at);
    return FAST_TRAP;
}

#define RETURN_AFTER_MISS(kind)                                                                                                       \
    const enum ia_quickly how = ia_page_quick(c, c->missed, kind);                                                                    \
    if (LIKELY(how == IA_QUICKLY_DONE))                                                                                               \
        RETURN_GO_ON(i);                                                                                                              \
    if (how == IA_QUICKLY_FAULT)                                                                                                      \
        return faulted(c, i, end);                                                                                                    \
    RETURN_ANY
FAST(read_missed) { RETURN_AFTER_MISS(PT_READ); }
FAST(write_missed) { RETURN_AFTER_MISS(PT_WRITE); }

/* RETURN_GO_TO counts the record at i as done, so one more is given. */
FAST(go)
{
    end = c->left * FAST_RECORD + (uintptr_t)i + FAST_RECORD;
    RETURN_GO_TO(c->eip);
}

/* Where a jump to another page has its distance to: no instruction, so that it gives back the count that is taken for one. */
static FAST(away)
{
    end += FAST_RECORD;
    RETURN_GO_TO(c->here_eip + (uint32_t)i->imm);
}

/* Less than a slice is left. The outer loop does the rest an instruction at a time, so that the budget ends where
 * it has to. */
FAST(out)
{
    (void)t;
    c->eip = c->here_eip + (i->body == ia_fast_away ? (uint32_t)i->imm : ia_code_place(c->here, i));
    c->left = ia_fast_left(i, end);
    return FAST_LEFT;
}

/* The distance from here to the record of the place in this page, if it has one and distances are kept.
 * Only within a page: where another page lies is the page tables' to say, each time. Within one, records are
 * forgotten by body, not by place, so that a distance once written leads to a record or to ia_fast_forgotten(). */
static int32_t distance(const struct ia_cpu *c, const struct ia_fast *i, uint32_t to)
{
    const struct ia_code_page *page = c->here;
    const unsigned known = (to & (uint32_t)PAGE_MASK) == c->here_eip ? page->first[to & (PAGE_SIZE - 1)] : 0;
    return known && !c->options.no_chain ? (int32_t)((intptr_t)&page->fast[known] - (intptr_t)i) : 0;
}

/* The distance from here to a new record that leads to this place, counted from the beginning of the page; 0: the page has no more. */
static int32_t distance_away(struct ia_code_page *page, const struct ia_fast *i, uint32_t place)
{
    if (page->used == CODE_RECORDS)
        return 0;
    const unsigned n = page->used++;
    page->place[n] = CODE_BEGINS | PAGE_SIZE;
    page->fast[n] = (struct ia_fast){.body = ia_fast_away, .imm = (int32_t)place};
    return (int32_t)((intptr_t)&page->fast[n] - (intptr_t)i);
}

/* The jump is done, so one less is left. Without chains the distance is written as 0, and the outer loop finds the
 * way. */
FAST(far)
{
    struct ia_code_page *page = c->here;
    const unsigned n = ia_code_number(page, i);
    const ia_insn *s = &page->record[n];
    const uint32_t to = c->here_eip + ia_code_place_of(page, n) + s->length + s->imm;
    if ((to & (uint32_t)PAGE_MASK) != c->here_eip && !c->options.no_chain) {
        page->fast[n].imm = distance_away(page, i, to - c->here_eip);
        RETURN_GO_TO(to);
    }
    c->eip = to;
    c->left = ia_fast_left(i, end) - 1;
    page->fast[n].imm = distance(c, i, c->eip);
    if (UNLIKELY(c->options.no_chain))
        return FAST_LEFT;
    RETURN_CALL(ia_fast_go IA_FAST_ARGUMENTS(c, i, end, t));
}

/* It is no instruction and does not count, unlike a jump: `end` moves by the whole distance. */
FAST(link)
{
    struct ia_code_page *page = c->here;
    const int64_t known = i->imm;
    if (LIKELY(known)) {
        i = (const struct ia_fast *)((uintptr_t)i + (uintptr_t)known);
        end += (uintptr_t)known;
        if (UNLIKELY((intptr_t)(end - (uintptr_t)i) < FAST_SLICE * FAST_RECORD))
            RETURN_CALL(ia_fast_out IA_FAST_ARGUMENTS(c, i, end, t));
        RETURN_GO_ON(i);
    }
    const unsigned n = ia_code_number(page, i);
    c->eip = c->here_eip + ia_code_place_of(page, n);
    c->left = ia_fast_left(i, end);
    page->fast[n].imm = distance(c, i, c->eip);
    if (UNLIKELY(c->options.no_chain))
        return FAST_LEFT;
    RETURN_CALL(ia_fast_go IA_FAST_ARGUMENTS(c, i, end, t));
}

/* Somebody still leads to a record that was forgotten; `imm` leads on to the one that was decoded since. Where that was forgotten, too, the
 * way becomes shorter each time it is taken. */
static FAST(gone_on)
{
    const struct ia_fast *to = (const struct ia_fast *)((uintptr_t)i + (uintptr_t)(int64_t)i->imm);
    if (UNLIKELY(to->body == ia_fast_gone_on))
        c->here->fast[ia_code_number(c->here, i)].imm += to->imm;
    end += (uintptr_t)to - (uintptr_t)i;
    i = to;
    if (UNLIKELY((intptr_t)(end - (uintptr_t)i) < FAST_SLICE * FAST_RECORD))
        RETURN_CALL(ia_fast_out IA_FAST_ARGUMENTS(c, i, end, t));
    RETURN_GO_ON(i);
}

/* Whoever leads here keeps his distance. What was decoded since is elsewhere; where that is known, the next time is shorter. */
FAST(forgotten)
{
    struct ia_code_page *page = c->here;
    const unsigned n = ia_code_number(page, i);
    c->eip = c->here_eip + ia_code_place_of(page, n);
    c->left = ia_fast_left(i, end);
    const int32_t known = distance(c, i, c->eip);
    if (known)
        page->fast[n] = (struct ia_fast){.body = ia_fast_gone_on, .imm = known};
    RETURN_CALL(ia_fast_go IA_FAST_ARGUMENTS(c, i, end, t));
}

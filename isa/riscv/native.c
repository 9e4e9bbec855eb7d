/* native.c - the engine that translates what is hot: the interpreter, some of whose bodies are machine code of the host.
 *
 * Records that jumps lead to count how often they are entered. At NATIVE_HOT the instructions that can be reached from there within the
 * page become a stretch (native_plan.c): the stencils of their rows (mkstencils.c), which are the texts of execute_*.h like every other
 * body, one behind the other, with jumps among them (native_x86_64.c). Its address is the record's new body, and nobody else knows of it:
 *
 *     interpreter ──► record->body = stretch ──► ... ──► record->body of wherever it leaves to
 *
 * So there is nothing to be unlinked when it goes. The machine code does what fast bodies do, the common case, and leaves the rest, before
 * anything has changed, to rv_careful() with all state written and `left` exact: traps come from careful bodies alone. Code that is
 * written takes its page's stretches along. Memory is never given back singly: when it is full, all goes.
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS, MAP_NORESERVE */
#include "isa/riscv/native.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "isa/decoded.h"
#include "isa/riscv/fast.h"
#include "isa/riscv/slot.h"
#include "isa/riscv/straight.h"
#include "isa/riscv/table.h"
#include "isa/riscv/tail.h"

static struct native_page *beside(const struct interpreter *in, const struct code_page *p) { return &in->native->page[p - in->pool]; }

/* --- what goes */

/* The page's machine code is entered no more; who was in it has left it by a jump. */
static void forget(const struct native *n, struct code_page *p, struct native_page *np)
{
    for (unsigned slot = 0; slot < CODE_RECORDS; slot++)
        if (slot_in(np->entered, slot)) {
            p->record[slot].body = rv_body_undecoded;
            p->row[slot] = INSN_NONE;
        }
    const unsigned writes = np->writes;
    *np = (struct native_page){.writes = writes, .since = (uint32_t)n->stretches + 1};
}

static bool has_code(const struct native_page *np)
{
    for (unsigned n = 0; n < CODE_RECORDS / 64; n++)
        if (np->translated[n])
            return true;
    return false;
}

/* An instruction begins up to one record before a byte of it. */
void native_written(struct interpreter *in, struct code_page *p, unsigned first, unsigned last)
{
    struct native_page *np = in->native ? beside(in, p) : NULL;
    if (!np || !np->any)
        return;
    bool hit = false;
    for (unsigned slot = first < 2 ? 0 : first / 2 - 1; slot <= last / 2; slot++)
        hit |= slot_in(np->translated, slot);
    if (!hit)
        return;
    forget(in->native, p, np);
    np->writes++;
    in->native->thrown_written++;
}

void native_dropped(struct interpreter *in, struct code_page *p)
{
    struct native_page *np = in->native ? beside(in, p) : NULL;
    if (!np || !(np->any || np->writes))
        return;
    in->native->thrown_dropped += has_code(np);
    memset(np, 0, sizeof *np);
    np->since = (uint32_t)in->native->stretches + 1;
}

static void throw_all(struct interpreter *in)
{
    struct native *n = in->native;
    for (unsigned i = 0; i < in->pool_used; i++)
        if (n->page[i].any) {
            n->thrown_full += has_code(&n->page[i]);
            forget(n, &in->pool[i], &n->page[i]);
        }
    n->used = n->start;
    n->pieces.count = 0;
    host_code_rewritten(&n->code);
}

/* --- what comes */

/* The body of this record as machine code; NULL: there is none. */
static __attribute__((noinline)) body_fn *translate(struct hart *h, struct code_page *p, unsigned slot)
{
    struct interpreter *in = interpreter_of(h);
    struct native *n = in->native;
    struct native_page *np = beside(in, p);
    struct native_plan plan;
    if (!n->start) /* so who never becomes hot does not wait for it */
        native_emit_shared(n);
    if (n->code.size - n->used < NATIVE_STRETCH_BYTES)
        throw_all(in);
    np->any = true; /* its records may have gone on counting after all else of it went */
    if (np->at[slot] < NATIVE_LABELS) {
        native_plan(h, p, np, slot, &plan);
        if (!plan.count || !native_emit(n, p, np, &plan))
            return NULL;
        n->stretches++;
        n->instructions += plan.count;
        for (unsigned other = 0; other < CODE_RECORDS; other++) {
            body_fn *body = slot_in(plan.member, other) && slot_in(plan.entry, other) ? native_emit_entry(n, np, &plan, other) : NULL;
            if (body) {
                *rv_body_of(p, other) = body;
                slot_add(np->entered, other);
            }
        }
        return slot_in(np->entered, slot) ? *rv_body_of(p, slot) : NULL;
    }
    body_fn *body = native_emit_entry(n, np, NULL, slot);
    if (body) {
        *rv_body_of(p, slot) = body;
        slot_add(np->entered, slot);
    }
    return body;
}

/* The body of records that may become hot. It does what their own would. */
static enum body_result counting(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    struct interpreter *in = interpreter_of(h);
    struct code_page *p = code_of(h);
    const unsigned slot = (unsigned)(i - p->record);
    struct native_page *np = beside(in, p);
    if (np->at[slot] < NATIVE_LABELS && ++np->at[slot] < in->native->hot)
        RETURN_CALL(rv_alone(h, i, left));
    body_fn *body = translate(h, p, slot);
    if (body)
        RETURN_CALL(body(h, i, left));
    np->at[slot] = NATIVE_NEVER;
    p->record[slot].body = rv_body_undecoded;
    p->row[slot] = INSN_NONE;
    RETURN_CALL(rv_body_undecoded(h, i, left));
}

static void watch_heat(const struct interpreter *in, struct code_page *p, unsigned slot)
{
    struct native_page *np = beside(in, p);
    if (slot_in(np->entered, slot) || np->at[slot] == NATIVE_NEVER || !native_has(p, slot))
        return;
    np->any = true;
    *rv_body_of(p, slot) = counting;
}

void native_decoded(struct interpreter *in, struct code_page *p, const uint16_t *slot, unsigned count, unsigned fresh)
{
    if (!in->native || !fresh || p->watched || beside(in, p)->writes >= in->native->patience)
        return;
    watch_heat(in, p, slot[0]); /* decoding begins where a jump has led */
    for (unsigned n = 0; n < count && n < fresh; n++) {
        const struct rv_insn *r = &p->record[slot[n]];
        if ((rv_does[p->row[slot[n]]] & (DOES_BRANCH | DOES_JUMP)) && r->aux && r->imm < 0)
            watch_heat(in, p, (unsigned)((int64_t)slot[n] + r->imm / 2));
    }
}

enum body_result rv_native_wait(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    h->next = i;
    h->left = left;
    return BODY_NEXT;
}

enum body_result rv_native_jump(struct hart *h, const struct rv_insn *i, uint64_t left, uint64_t target)
{
    (void)i;
    h->pc = target;
    h->left = left - 1;
    hart_refetch(h);
    return BODY_NEXT;
}

/* --- for people */

void native_about(const struct machine *m, struct about_decoded *out)
{
    const struct native *n = interpreter_of_const(hart_of_const(m))->native;
    if (!n)
        return;
    out->stretches = n->stretches;
    out->translated = n->instructions;
    out->code_bytes = n->used;
    out->code_room = n->code.size;
    out->thrown_written = n->thrown_written;
    out->thrown_full = n->thrown_full;
    out->thrown_dropped = n->thrown_dropped;
}

/* --- life */

int native_create(struct interpreter *in, size_t pages)
{
    struct native *n = calloc(1, sizeof *n);
    if (!n)
        return -ENOMEM;
    const size_t size = pages * sizeof *n->page;
    int error = host_code_create(&n->code, NATIVE_ROOM);
    void *page = error ? MAP_FAILED : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (page == MAP_FAILED) {
        host_code_destroy(&n->code);
        free(n);
        return error ? error : -ENOMEM;
    }
    n->page = page;
    n->pages = pages;
    n->hot = in->hart.options.hot ? in->hart.options.hot : NATIVE_HOT;
    n->patience = in->hart.options.patience ? in->hart.options.patience : NATIVE_PATIENCE;
    n->pieces.kept = in->hart.options.explained;
    in->native = n;
    return 0;
}

void native_destroy(struct interpreter *in)
{
    struct native *n = in->native;
    if (!n)
        return;
    munmap(n->page, n->pages * sizeof *n->page);
    host_code_destroy(&n->code);
    free(n->pieces.piece);
    free(n);
    in->native = NULL;
}

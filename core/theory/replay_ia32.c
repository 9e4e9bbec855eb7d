/* replay_ia32.c - witnesses as cases for a program in ring 3 (replay_ia32.h): of each instruction an encoding that completes there, and
 * operands by which it shows what it should not. What privileged state a kernel has it has; so the program tells what it finds, and not whether
 * it is what was found in the laboratory.
 */
#include "core/theory/replay_ia32.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/theory/arena.h"
#include "core/theory/evidence.h"
#include "core/theory/image.h"
#include "core/theory/lab_ia32.h"
#include "core/theory/theory_ia32.h"

enum { FIXES = 3, CONTEXT_32 = 3, TITLE = 200 };

struct replaying {
    struct image image;
    FILE *text, *left_out;
    struct replay_case *each;
    unsigned count, room;
};

/* --- operands */

static void fix(struct replay_case *c, struct replay_fix list[FIXES], uint32_t at, enum replay_selector selector)
{
    list[c->fixes++] = (struct replay_fix){at, selector};
}

/* The first of each sort that the data pages have, with the program's own selectors. */
static void operands(struct replay_case *c, unsigned row, unsigned scheme, struct replay_fix list[FIXES])
{
    const uint32_t data = (uint32_t)BENCH_DATA;
    const bool is_load = row == IA_INSN_mov_seg_rm || row == IA_INSN_verw;
    switch (scheme) {
    case OPERANDS_SELECTOR:
        c->reg[IA_EBX] = data + DATA_SELECTORS;
        fix(c, list, IA_EAX, is_load ? REPLAY_OWN_DATA : REPLAY_OWN_CODE);
        fix(c, list, data + DATA_SELECTORS, is_load ? REPLAY_OWN_DATA : REPLAY_OWN_CODE);
        break;
    case OPERANDS_POP:
        c->reg[IA_ESP] = data + DATA_SELECTORS;
        fix(c, list, data + DATA_SELECTORS, REPLAY_OWN_DATA);
        break;
    case OPERANDS_POINTER:
        c->reg[IA_EBX] = data + DATA_POINTERS;
        fix(c, list, data + DATA_POINTERS + 4, REPLAY_OWN_DATA);
        break;
    case OPERANDS_TARGET:
        c->reg[IA_EBX] = data + DATA_TARGETS;
        fix(c, list, data + DATA_TARGETS + 4, REPLAY_OWN_CODE);
        break;
    case OPERANDS_RETURN:
    case OPERANDS_IRET:
        c->reg[IA_ESP] = data + (scheme == OPERANDS_IRET ? DATA_IRETS : DATA_RETURNS);
        fix(c, list, c->reg[IA_ESP] + 4, REPLAY_OWN_CODE);
        break;
    default: break;
    }
    if (row == IA_INSN_call_far || row == IA_INSN_jmp_far) /* the selector stands at the instruction's end */
        fix(c, list, REPLAY_CODE + c->length - 2, REPLAY_OWN_CODE);
}

static void registers(struct replay_case *c)
{
    const uint32_t data = (uint32_t)BENCH_DATA + DATA_FREE;
    c->eflags = EFLAGS_ONE;
    c->reg[IA_EBX] = data;
    c->reg[IA_EBP] = data + 0x100;
    c->reg[IA_ESI] = data + 0x200;
    c->reg[IA_EDI] = data + 0x300;
    c->reg[IA_ESP] = data + 0xf00;
}

/* --- a case */

static const struct ia32_kind *kind_of(const struct finding *f)
{
    const char *part = strchr(f->subject, '.');
    const struct ia32_kind *k;
    for (unsigned n = 0; (k = ia32_kind_of(0, f->row, n)); n++)
        if (!part || (k->part && strcmp(k->part, part + 1) == 0))
            return k;
    return NULL;
}

/* What the pair differs in, of the state that programs have no other way to see. */
static void leak_print(FILE *f, const struct witness *w, enum evidence kind)
{
    unsigned told = 0;
    fprintf(f, "it is %s, and did not trap: found by", evidence_name(kind));
    for (unsigned n = 0; n < w->count && told < 3; n++)
        if (w->fields[n].differs_before || (kind == EVIDENCE_CTRL && w->fields[n].differs_after))
            fprintf(f, "%s %s", told++ ? "," : "", w->fields[n].name);
    if (!told)
        fputs(w->mode1 != w->mode2 ? " the ring" : " what it did", f);
}

static char *leak_text(const struct witness *w, enum evidence kind)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    if (!f)
        return NULL;
    leak_print(f, w, kind);
    return fclose(f) == 0 ? text : NULL;
}

static int case_put(struct replaying *x, const struct replay_case *c)
{
    if (x->count == x->room) {
        const unsigned room = x->room ? 2 * x->room : 16;
        struct replay_case *grown = realloc(x->each, room * sizeof *grown);
        if (!grown)
            return -ENOMEM;
        x->each = grown;
        x->room = room;
    }
    x->each[x->count++] = *c;
    return 0;
}

static int case_add(struct replaying *x, const struct finding *f, insn_t bits, unsigned length, const char *leak, bool traps)
{
    const struct ia32_kind *k = kind_of(f);
    struct replay_case c = {.length = length, .traps = traps};
    struct replay_fix list[FIXES];
    char title[TITLE], insn[96];
    memcpy(c.insn, &bits, length);
    registers(&c);
    operands(&c, f->row, k ? k->scheme : OPERANDS_ANY, list);
    isa_ia32.print(&ia32_config_default, CONTEXT_32, bits, 0, insn, sizeof insn);
    snprintf(title, sizeof title, "%s: %s", f->subject, insn);
    c.title = (uint32_t)image_text(&x->image, title);
    c.leak = (uint32_t)image_text(&x->image, leak);
    c.fix = (uint32_t)image_put(&x->image, list, c.fixes * sizeof *list);
    fprintf(x->text, "%s\n  %s\n  %s\n", title, traps ? "traps" : "completes in ring 3", leak);
    return case_put(x, &c);
}

static int witness_add(struct replaying *x, const struct finding *f, enum evidence kind)
{
    const struct witness *w = &f->witness[kind];
    char *leak = leak_text(w, kind);
    const int error = leak ? case_add(x, f, w->bits, w->length, leak, false) : -ENOMEM;
    free(leak);
    return error;
}

/* INT n asks for a trap and gets one: whose table it is that leads there it shows by the error code. */
static int request_add(struct replaying *x, const struct finding *f)
{
    enum { INT_21 = 0x21cd, LENGTH = 2 };
    return case_add(x, f, INT_21, LENGTH, "it is requested, and answered by the gate of the real table", true);
}

/* Its best evidence for a program in ring 3: that it completes there. */
static int finding_add(struct replaying *x, const struct finding *f)
{
    static const enum evidence order[] = {EVIDENCE_STATE, EVIDENCE_LOC, EVIDENCE_MODE, EVIDENCE_SILENT, EVIDENCE_CTRL};
    for (unsigned n = 0; n < sizeof order / sizeof *order; n++) {
        const struct witness *w = &f->witness[order[n]];
        const bool in_ring3 =
            w->present && ((w->mode1 == IA_RING3 && w->outcome1 == OUTCOME_OK) || (w->mode2 == IA_RING3 && w->outcome2 == OUTCOME_OK));
        if (in_ring3)
            return witness_add(x, f, order[n]);
    }
    if (f->row == IA_INSN_int_i)
        return request_add(x, f);
    if (f->sensitive)
        fprintf(x->left_out, "%s: nothing that it shows can be had in ring 3\n", f->subject);
    return 0;
}

/* --- all of it */

static int parts_make(struct replaying *x, const struct classification *c, struct replay *out)
{
    enum { PAGES = REPLAY_DATA_SIZE + PAGE_SIZE };
    struct replay_head head = {0};
    int error = 0;
    x->image.at = REPLAY_HEAD;
    image_put(&x->image, NULL, sizeof head);
    for (unsigned n = 0; n < c->count && !error; n++)
        if (!c->findings[n].sum || c->count == 1)
            error = finding_add(x, &c->findings[n]);
    head = (struct replay_head){.cases = x->count, .each = (uint32_t)image_put(&x->image, x->each, x->count * sizeof *x->each)};
    out->part[0] = (struct replay_part){REPLAY_CODE_PAGE, calloc(1, PAGES), PAGES};
    if (error || x->image.failed || !out->part[0].bytes)
        return -ENOMEM;
    lab_ia32_fill((uint8_t *)out->part[0].bytes + PAGE_SIZE);
    memcpy(x->image.bytes, &head, sizeof head);
    out->part[1] = (struct replay_part){REPLAY_HEAD, x->image.bytes, x->image.size};
    x->image.bytes = NULL;
    out->states = x->count;
    return 0;
}

int ia32_replay(const struct classification *c, struct replay *out, struct error *e)
{
    struct replaying x = {0};
    size_t size;
    *out = (struct replay){0};
    if (strstr(c->variant, ia32_variants[IA32_V86_NUMBER].name))
        return error_set(e, EINVAL, "a program of Linux runs in ring 3, and these witnesses are of virtual-8086 mode");
    x.text = open_memstream(&out->text, &size);
    x.left_out = open_memstream(&out->left_out, &size);
    int error = x.text && x.left_out ? parts_make(&x, c, out) : -ENOMEM;
    bool lost = x.text && fclose(x.text) != 0;
    lost |= x.left_out && fclose(x.left_out) != 0;
    if (error || lost)
        error = error_set(e, ENOMEM, "out of memory");
    free(x.each);
    image_free(&x.image);
    if (error)
        replay_free(out);
    return error;
}

_Static_assert(REPLAY_CODE == BENCH_CODE && REPLAY_TARGET == BENCH_TARGET && REPLAY_DATA == BENCH_DATA &&
                   (int)REPLAY_DATA_SIZE == (int)LAB_DATA,
               "the program and the laboratory have their memory in the same places");

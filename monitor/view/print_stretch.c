/* print_stretch.c - `disassemble /n`: what the engine has made of the guest's instructions, each with its machine code below it.
 *
 *     =>*0x80201000 <loop>:<TAB>mul a1, a0, a0
 *         1c0  4883fa40                  cmp rdx, 0x40
 *         1c4  0f8230000000              jb 0x1fa              ; its own, apart
 *       ~ 1fa  b800000000                mov eax, 0
 *       |  |   |                         by Capstone; behind a semicolon where a jump leads, if that has a name
 *       |  |   its bytes
 *       |  where it lies in the engine's memory for machine code: no address of the host, so a text is the same each time
 *       > a way in, ~ apart from what is likely
 */
#include "monitor/view/print_stretch.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "isa/engine.h"
#include "monitor/disasm.h"
#include "monitor/view/report.h"

enum { NOTE_TEXT = 48, BYTES_WIDE = 20, BYTES_TEXT = 2 * 16 + 1 };

/* A stretch, and where a person sees it: it lies within one page. */
struct shown {
    struct debugger *d;
    struct about_stretch stretch;
    va_t page;
    va_t from; /* the first instruction that is wanted */
    uint64_t left;
};

static va_t place_of(const struct shown *s, const struct about_piece *p) { return s->page | (p->pa & ~PAGE_MASK); }

/* --- where a jump leads */

static const struct about_piece *piece_at(const struct about_stretch *s, uint64_t at)
{
    for (unsigned i = 0; i < s->count; i++)
        if (at - s->piece[i].at < s->piece[i].size)
            return &s->piece[i];
    return NULL;
}

/* Jumps of any instruction set that Capstone prints end in the number of the address. */
static bool jumps_to(const char *text, uint64_t *target)
{
    const char *last = strrchr(text, ' ');
    if ((*text != 'j' && *text != 'b') || !last || !isdigit((unsigned char)last[1]))
        return false;
    *target = strtoull(last + 1, NULL, 0);
    return true;
}

static void note_of(const struct shown *s, const struct about_piece *from, const char *text, char *out)
{
    uint64_t target;
    *out = '\0';
    if (!jumps_to(text, &target))
        return;
    for (const struct about_shared *each = s->stretch.shared; each->name; each++)
        if (each->at == target)
            snprintf(out, NOTE_TEXT, "to %s", each->name);
    const struct about_piece *p = piece_at(&s->stretch, target);
    if (p && p->pa == from->pa)
        snprintf(out, NOTE_TEXT, p->kind == PIECE_APART ? "apart" : "back");
    else if (p)
        snprintf(out, NOTE_TEXT, "0x%llx", (unsigned long long)place_of(s, p));
}

/* --- printing */

static const char *const kind_names[] = {[PIECE_ENTRY] = "entry", [PIECE_HOT] = "hot", [PIECE_APART] = "apart"};
static const char kind_marks[] = {[PIECE_ENTRY] = '>', [PIECE_HOT] = ' ', [PIECE_APART] = '~'};

/* No processor that Capstone knows has longer instructions than the longest of x86's. */
static void bytes_of(const struct about_piece *p, unsigned from, unsigned length, char out[BYTES_TEXT])
{
    *out = '\0';
    for (unsigned i = 0; i < length && 2 * i + 2 < BYTES_TEXT; i++)
        snprintf(out + 2 * i, BYTES_TEXT - 2 * i, "%02x", p->bytes[from + i]);
}

static void host_line(const struct shown *s, const struct about_piece *p, unsigned done, unsigned length, const char *text)
{
    char bytes[BYTES_TEXT], note[NOTE_TEXT];
    bytes_of(p, done, length, bytes);
    note_of(s, p, text, note);
    fprintf(s->d->out, "  %s%c%s %6x  %-*s  %s%s%s%s%s\n", tint(s->d, TINT_MARK), kind_marks[p->kind], tint(s->d, TINT_NONE),
            p->at + done, BYTES_WIDE, bytes, text, tint(s->d, TINT_DIM), *note ? "  ; " : "", note, tint(s->d, TINT_NONE));
}

static void host_json(struct json *j, const struct about_piece *p, unsigned done, unsigned length, const char *text)
{
    char bytes[BYTES_TEXT];
    bytes_of(p, done, length, bytes);
    json_object(j, NULL);
    json_uint(j, "at", p->at + done);
    json_string(j, "bytes", bytes);
    json_string(j, "instruction", text);
    json_string(j, "kind", kind_names[p->kind]);
    json_end(j);
}

/* What nobody can print is shown as bytes, one at a time: nothing of the stretch is left out. */
static void host_piece(const struct shown *s, const struct about_piece *p)
{
    char text[DISASM_TEXT];
    unsigned length;
    for (unsigned done = 0; done < p->size; done += length) {
        length = disasm_host(s->stretch.host, p->bytes + done, p->size - done, p->at + done, text, sizeof text);
        if (!length) {
            length = 1;
            snprintf(text, sizeof text, ".byte 0x%02x", p->bytes[done]);
        }
        if (s->d->json)
            host_json(s->d->json, p, done, length, text);
        else
            host_line(s, p, done, length, text);
    }
}

/* The pieces from `first` on that are of one instruction; returns how many there are. */
static unsigned one_instruction(struct shown *s, unsigned first)
{
    const struct about_piece *p = &s->stretch.piece[first];
    const va_t at = place_of(s, p);
    unsigned count = 0, length;
    const bool wanted = at >= s->from && s->left > 0;
    s->left -= wanted;
    if (wanted && s->d->json) {
        json_object(s->d->json, NULL);
        json_hex(s->d->json, "address", at);
        json_array(s->d->json, "host");
    } else if (wanted) {
        (void)report_instruction(s->d, at, true, &length);
    }
    for (; first + count < s->stretch.count && p[count].pa == p->pa; count++)
        if (wanted)
            host_piece(s, &p[count]);
    if (wanted && s->d->json) {
        json_end(s->d->json);
        json_end(s->d->json);
    }
    return count;
}

static void summary(const struct shown *s)
{
    unsigned instructions = 0;
    uint64_t bytes = 0;
    for (unsigned i = 0; i < s->stretch.count; i++) {
        instructions += i == 0 || s->stretch.piece[i].pa != s->stretch.piece[i - 1].pa;
        bytes += s->stretch.piece[i].size;
    }
    fprintf(s->d->out, "A stretch of %u instruction%s: %llu bytes of %s code.  > way in, ~ apart\n", instructions,
            instructions == 1 ? "" : "s", (unsigned long long)bytes, s->stretch.host);
}

/* --- why there is nothing to show */

static int nothing(const struct debugger *d, va_t at, int why, struct error *e)
{
    const struct machine *bare = debugger_machine_of(d, 0, d->hart);
    struct about_decoded decoded;
    if (why == -ENOMEM)
        return error_set(e, ENOMEM, "there is not enough memory");
    if (why == -ENODATA)
        return error_set(e, ENODATA, "for want of memory it was not kept which machine code is whose");
    if (!bare->engine)
        return error_set(e, ENOENT, "this machine executes its instructions in one way, and not by machine code");
    if (!about_decoded(bare, &decoded) || !decoded.code_room)
        return error_set(e, ENOENT, "the engine %s makes no machine code%s", engine_name(bare->engine->kind),
                         !bare->engine->refused            ? ": --engine native does"
                         : bare->engine->refused == ENOSYS ? ", and there is no translator for this machine on this host"
                                                           : ", which this host refuses");
    return error_set(e, ENOENT, "the instruction at 0x%llx is not translated: it is not hot, or left to the interpreter",
                     (unsigned long long)at);
}

static int nobody(const char *host, struct error *e)
{
    if (!disasm_library())
        return error_set(e, ENOTSUP, "%s machine code is printed by Capstone, which was not there when trapeze was built", host);
    return error_set(e, ENOTSUP, "%s machine code is printed by Capstone, but %s does not load or does not know it", host,
                     disasm_library());
}

int print_stretch(struct debugger *d, const struct repl_args *a, struct error *e)
{
    struct shown s = {.d = d, .left = strtoull(a->slash + strspn(a->slash, "rmsn"), NULL, 10)};
    va_t at = about_pc(debugger_machine(d));
    pa_t pa;
    int r = *a->text ? debugger_location(d, a->text, &at, e) : 0;
    if (r)
        return r;
    r = debugger_bare_address(d, at, &pa) ? about_stretch(debugger_machine_of(d, 0, d->hart), pa, &s.stretch) : -ENOENT;
    if (r)
        return nothing(d, at, r, e);
    s.page = at & PAGE_MASK;
    s.from = s.left ? at : 0;
    s.left = s.left ? s.left : UINT64_MAX;
    if (!disasm_host_known(s.stretch.host)) {
        r = nobody(s.stretch.host, e);
    } else {
        if (d->json) {
            json_string(d->json, "host", s.stretch.host);
            json_array(d->json, "code");
        } else {
            summary(&s);
        }
        for (unsigned i = 0; i < s.stretch.count;)
            i += one_instruction(&s, i);
        if (d->json)
            json_end(d->json);
    }
    about_stretch_free(&s.stretch);
    return r;
}

/* stub_place.c - Z and z: GDB's breakpoints and watchpoints, which are the debugger's, and so triggers of the machine: also those
 * that GDB calls software breakpoints. */
#include "monitor/gdb/stub.h"

#include <stdio.h>
#include <stdlib.h>

/* Z0 software, Z1 hardware breakpoint, Z2 write, Z3 read, Z4 access watchpoint. No byte of the guest is replaced for Z0:
 * a guest that reads its own code, or a VMM that copies it, would find the replacement. */
static const enum breakpoint_kind kind_of[] = {BREAK_EXECUTE, BREAK_EXECUTE, BREAK_WRITE, BREAK_READ, BREAK_ACCESS};

/* type,address,length[;conditions], which GDB sends to those that say they know them. */
static bool read_place(struct gdb_stub *s, const char *text, struct gdb_place *p)
{
    *p = (struct gdb_place){.type = *text, .physical = s->physical};
    return *text >= '0' && *text <= '4' && *++text == ',' && (text++, gdb_number(&text, &p->at)) && *text == ',' &&
           (text++, gdb_number(&text, &p->length));
}

static bool is_same(const struct gdb_place *a, const struct gdb_place *b)
{
    return a->type == b->type && a->at == b->at && a->length == b->length && a->physical == b->physical;
}

static struct gdb_place **find(struct gdb_stub *s, const struct gdb_place *p)
{
    struct gdb_place **at = &s->places;
    while (*at && !is_same(*at, p))
        at = &(*at)->next;
    return at;
}

static int place(struct gdb_stub *s, struct gdb_place *p, struct error *e)
{
    char text[64];
    const struct breakpoint b = {.kind = kind_of[p->type - '0'],
                                 .address = p->at,
                                 .length = p->type < '2' ? 1 : (unsigned)p->length,
                                 .physical = p->physical,
                                 .text = text};
    snprintf(text, sizeof text, "gdb %s 0x%llx", p->type < '2' ? "break" : "watch", (unsigned long long)p->at);
    return debugger_break_add(s->d, &b, NULL, NULL, &p->number, e);
}

/* Inserting one twice is inserting it once. */
void gdb_insert(struct gdb_stub *s, const char *text, size_t length)
{
    struct gdb_place p, *kept;
    struct error e;
    (void)length;
    if (!read_place(s, text, &p) || (p.type >= '2' && (p.length == 0 || p.length > 1 << 20))) {
        gdb_say(s, "E22");
    } else if (*find(s, &p)) {
        gdb_say(s, "OK");
    } else if (p.physical && s->level != s->d->stack->depth) {
        gdb_fail(s, &(struct error){"a breakpoint at a physical address is the guest's: select process 1"});
    } else if (!(kept = malloc(sizeof *kept))) {
        gdb_say(s, "E12");
    } else if (place(s, &p, &e) != 0) {
        free(kept);
        gdb_fail(s, &e);
    } else {
        *kept = p;
        kept->next = s->places;
        s->places = kept;
        gdb_say(s, "OK");
    }
}

void gdb_remove(struct gdb_stub *s, const char *text, size_t length)
{
    struct gdb_place p, **at;
    struct error ignored;
    (void)length;
    if (!read_place(s, text, &p)) {
        gdb_say(s, "E22");
        return;
    }
    at = find(s, &p);
    if (*at) {
        struct gdb_place *gone = *at;
        *at = gone->next;
        (void)!debugger_break_remove(s->d, gone->number, &ignored); /* a person may have deleted it already */
        free(gone);
    }
    gdb_say(s, "OK");
}

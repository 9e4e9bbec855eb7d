/* stub_look.c - registers, memory, documents, and the monitor's commands. */
#define _GNU_SOURCE /* open_memstream */
#include "monitor/gdb/stub.h"

#include "monitor/gdb/target.h"
#include "monitor/repl/repl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct machine *machine_of(const struct gdb_stub *s) { return debugger_machine_of(s->d, s->level, s->hart); }
static bool is_guest(const struct gdb_stub *s) { return s->level == s->d->stack->depth; }

static const struct error below = {
    "this machine belongs to the VMM on it: it can be looked at; what can be changed is the guest's, process 1"};

/* --- registers. What is wider than 64 bits goes on in the register of the next number. */

/* The two halves lie as GDB wants the bytes, low first, so the struct itself is what is turned into hex. */
struct wide {
    uint64_t low, high;
};

/* Its bytes; 0: there is none of this number, or the machine has none. */
static unsigned register_value(struct gdb_stub *s, uint64_t number, struct wide *value)
{
    const struct machine *m = machine_of(s);
    reg_t reg;
    unsigned bytes = 0;
    *value = (struct wide){0};
    if (!gdb_register(m, number, &reg, &bytes))
        return bytes;
    value->low = about_place(m, reg); /* GDB knows no segments: what it shows, breaks at and follows are addresses */
    value->high = bytes > sizeof value->low ? machine_get(m, reg + 1) : 0;
    return bytes;
}

/* 'g': the core registers one behind the other, in GDB's order. A register that the machine lacks keeps its place, with
 * zeros, or all behind it would be read one too far to the left. */
void gdb_registers(struct gdb_stub *s, const char *text, size_t length)
{
    const unsigned core = about_of(machine_of(s)->isa)->gdb_core;
    struct wide value;
    char hex[2 * sizeof value * ABOUT_GDB_CORE + 1], *at = hex;
    (void)text, (void)length;
    for (unsigned n = 0; n < core; n++) {
        const unsigned bytes = register_value(s, n, &value);
        gdb_hex((const uint8_t *)&value, bytes, at);
        at += 2 * (size_t)bytes;
    }
    *at = '\0';
    gdb_say(s, "%s", hex);
}

/* false: it does not take the value. */
/* The same value as before is no change, and is not even written: 'G' sends all of them back, read-only ones as well. */
static bool register_put(struct gdb_stub *s, uint64_t number, const struct wide *value)
{
    struct machine *m = machine_of(s);
    reg_t reg;
    unsigned bytes;
    struct wide before, after;
    if (!gdb_register(m, number, &reg, &bytes))
        return false;
    (void)register_value(s, number, &before);
    if (memcmp(value, &before, sizeof before) == 0)
        return true;
    machine_set(m, reg, about_offset(m, reg, value->low));
    if (bytes > sizeof value->low)
        machine_set(m, reg + 1, value->high);
    (void)register_value(s, number, &after);
    return memcmp(&after, &before, sizeof before) != 0;
}

void gdb_set_registers(struct gdb_stub *s, const char *text, size_t length)
{
    const unsigned core = about_of(machine_of(s)->isa)->gdb_core;
    struct wide value;
    uint8_t bytes[sizeof value * ABOUT_GDB_CORE];
    size_t wanted = 0, at = 0;
    (void)length;
    if (!is_guest(s)) {
        gdb_fail(s, &below);
        return;
    }
    for (unsigned n = 0; n < core; n++)
        wanted += register_value(s, n, &value);
    if (gdb_bytes(text, bytes, wanted) != wanted) {
        gdb_say(s, "E22");
        return;
    }
    for (unsigned n = 0; n < core; n++) {
        const unsigned size = register_value(s, n, &value);
        value = (struct wide){0};
        memcpy(&value, bytes + at, size);
        at += size;
        (void)!register_put(s, n, &value); /* x0 takes none */
    }
    gdb_changed(s);
    gdb_say(s, "OK");
}

void gdb_register_get(struct gdb_stub *s, const char *text, size_t length)
{
    uint64_t number;
    struct wide value;
    reg_t reg;
    unsigned bytes;
    char hex[2 * sizeof value + 1];
    (void)length;
    if (!gdb_number(&text, &number) || !gdb_register(machine_of(s), number, &reg, &bytes)) {
        gdb_say(s, "E01");
        return;
    }
    bytes = register_value(s, number, &value);
    gdb_hex((const uint8_t *)&value, bytes, hex);
    gdb_say(s, "%s", hex);
}

void gdb_register_set(struct gdb_stub *s, const char *text, size_t length)
{
    uint64_t number;
    struct wide value = {0};
    (void)length;
    if (!is_guest(s)) {
        gdb_fail(s, &below);
        return;
    }
    if (!gdb_number(&text, &number) || *text != '=' || gdb_bytes(text + 1, (uint8_t *)&value, sizeof value) == 0) {
        gdb_say(s, "E22");
        return;
    }
    if (!register_put(s, number, &value)) {
        gdb_fail(s, &(struct error){"the register does not take that value"});
        return;
    }
    gdb_changed(s);
    gdb_say(s, "OK");
}

/* --- memory, of the selected process */

static enum space space_of(const struct gdb_stub *s) { return s->physical ? SPACE_PHYSICAL : SPACE_VIRTUAL; }

/* The selected thread's memory is not always that of the machine which a person looks at. */
struct looked {
    unsigned level, hart;
};

static struct looked look_at_thread(struct gdb_stub *s)
{
    const struct looked kept = {s->d->level, s->d->hart};
    s->d->level = s->level;
    s->d->hart = s->hart;
    return kept;
}

static void look_back(struct gdb_stub *s, const struct looked *kept)
{
    s->d->level = kept->level;
    s->d->hart = kept->hart;
}

static int memory_read(struct gdb_stub *s, uint64_t at, void *to, size_t n, struct error *e)
{
    struct looked kept = look_at_thread(s);
    int r = debugger_read(s->d, space_of(s), at, to, n, e);
    look_back(s, &kept);
    return r;
}

static bool place_and_size(const char **text, uint64_t *at, uint64_t *n)
{
    return gdb_number(text, at) && *(*text)++ == ',' && gdb_number(text, n);
}

/* As much as there is from there on, page by page. */
/* GDB reads in blocks that may go beyond what is mapped. Less than it asked for is a good answer; for nothing at all
 * there is E14, EFAULT. */
void gdb_memory(struct gdb_stub *s, const char *text, size_t length)
{
    uint8_t bytes[GDB_BODY_MAX / 2 - 8];
    char hex[2 * sizeof bytes + 1];
    uint64_t at, want, done = 0;
    struct error e;
    (void)length;
    if (!place_and_size(&text, &at, &want)) {
        gdb_say(s, "E22");
        return;
    }
    want = want < sizeof bytes ? want : sizeof bytes;
    while (done < want) {
        uint64_t room = PAGE_SIZE - ((at + done) & ~PAGE_MASK), n = want - done < room ? want - done : room;
        if (memory_read(s, at + done, bytes + done, n, &e) != 0)
            break;
        done += n;
    }
    if (done == 0 && want) {
        gdb_say(s, "E14");
        return;
    }
    gdb_hex(bytes, done, hex);
    s->send(s->opaque, hex, 2 * done);
}

static void memory_write(struct gdb_stub *s, uint64_t at, const uint8_t *bytes, size_t n)
{
    struct error e;
    if (!is_guest(s)) {
        gdb_fail(s, &below);
        return;
    }
    struct looked kept = look_at_thread(s);
    int r = debugger_write(s->d, space_of(s), at, bytes, n, &e);
    look_back(s, &kept);
    if (r) {
        gdb_say(s, "E14");
        return;
    }
    if (n)
        gdb_changed(s);
    gdb_say(s, "OK");
}

void gdb_set_memory(struct gdb_stub *s, const char *text, size_t length)
{
    uint8_t bytes[GDB_BODY_MAX / 2];
    uint64_t at, n;
    (void)length;
    if (!place_and_size(&text, &at, &n) || *text++ != ':' || gdb_bytes(text, bytes, sizeof bytes) != n)
        gdb_say(s, "E22");
    else
        memory_write(s, at, bytes, n);
}

void gdb_set_memory_binary(struct gdb_stub *s, const char *text, size_t length)
{
    const char *start = text;
    uint64_t at, n;
    if (!place_and_size(&text, &at, &n) || *text++ != ':' || length - (size_t)(text - start) != n)
        gdb_say(s, "E22");
    else
        memory_write(s, at, (const uint8_t *)text, n);
}

/* --- documents, a part at a time: offset,length. m: there is more; l: this is the last. */

/* "0,7fb" asks for the beginning; GDB goes on from where it is, as long as the answer begins with m. */
static void part(struct gdb_stub *s, const char *document, const char *text)
{
    uint64_t at, n;
    char packet[GDB_BODY_MAX / 2];
    if (!document || !place_and_size(&text, &at, &n) || at > strlen(document)) {
        gdb_say(s, "E01");
        return;
    }
    size_t left = strlen(document) - at;
    n = n < sizeof packet - 1 ? n : sizeof packet - 1;
    packet[0] = left > n ? 'm' : 'l';
    n = left < n ? left : n;
    memcpy(packet + 1, document + at, n);
    s->send(s->opaque, packet, n + 1);
}

void gdb_features(struct gdb_stub *s, const char *text, size_t length)
{
    (void)length;
    if (!s->xml)
        s->xml = gdb_target_xml(debugger_guest(s->d));
    part(s, s->xml, text);
}

void gdb_memory_map_part(struct gdb_stub *s, const char *text, size_t length)
{
    (void)length;
    if (!s->map)
        s->map = gdb_memory_map(debugger_guest(s->d));
    part(s, s->map, text);
}

/* --- "monitor ..." */

/* `remote` stands around the command: host_file() looks at it, and lets a debugger from outside name no files of this
 * host but those of -gdb-files. */
static void carry_out(struct gdb_stub *s, const char *line)
{
    char *text = NULL, slash[32];
    size_t size;
    struct error e;
    const char *rest = line;
    const struct repl_command *c = repl_find(&rest, slash, sizeof slash, &e);
    FILE *f = open_memstream(&text, &size);
    if (!f)
        return;
    if (c && (c->group == GROUP_RUNNING || c->group == GROUP_REVERSING || strcmp(c->name, "source") == 0))
        fprintf(f, "'%s' may run the guest, which GDB would not see: use GDB's own command\n", c->name);
    else {
        s->d->remote = true;
        (void)!repl_execute(s->d, line, f); /* a failure is told in the text */
        s->d->remote = false;
    }
    fclose(f);
    gdb_tell(s, text);
    free(text);
}

void gdb_command(struct gdb_stub *s, const char *text, size_t length)
{
    char *line = calloc(1, length / 2 + 1);
    if (!line || gdb_bytes(text, (uint8_t *)line, length / 2) != length / 2)
        gdb_say(s, "E22");
    else {
        carry_out(s, line + strspn(line, " \t"));
        if (s->d->repl && s->d->repl->quit)
            s->leaves = GDB_KILLS;
        gdb_say(s, "OK");
    }
    free(line);
}

/* mkstencils.c - reads the objects of bodies_stencil.h while building, and prints their functions as stencils for the translator: bytes,
 * and where in them what is wanted (stencil.h).
 *
 *     section .text.stencil_ld             the way without a jump; what ends it, a jump to go_next, is left out
 *     section .text.unlikely.stencil_ld    what the compiler holds for unlikely; often a mere jump to go_careful, which is then the target
 *     their relocations                    holes: symbols that nobody defines
 *
 * Constants in memory are copied, functions that are called listed. A function that wants anything else makes no stencil: then its row has
 * none, and the interpreter does it.
 */
#include <fcntl.h>
#include <gelf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "isa/riscv/stencil.h"

enum {
    BYTES_MAX = 512,
    HOLES_MAX = 32,
    DATA_MAX = 4096,
    CALLS_MAX = 64,
    SECTIONS_MAX = 4096,
    NAME_MAX_ = 64,
    AGAIN_MAX = 96, /* what saves a question is not to be long otherwise */
    JUMP = 0xe9,
    JUMP_BYTES = 5
};

static const char *const wanted[WANTS] = {"hole_rd",    "hole_rs1", "hole_rs2",  "hole_rs3", "hole_imm", "hole_pc",
                                          "hole_len",   "hole_rm",  "hole_frm",  "(shift)",  "go_next",  "go_taken",
                                          "go_careful", "go_alone", "go_afresh", "go_jump",  ""};

struct object {
    const char *path;
    Elf *elf;
    size_t names; /* the section that has the names of sections */
    Elf_Data *symbols;
    size_t symbol_names, symbol_count;
    struct shared *shared;
    size_t data_of[SECTIONS_MAX]; /* 1 + where the section's bytes are among the shared data; 0: not there yet */
};

/* A section's bytes, and the relocations of it. */
struct section {
    size_t index;
    const uint8_t *bytes;
    size_t size;
    Elf_Data *relocations;
    size_t count;
};

/* What becomes of a function. */
struct made {
    uint8_t bytes[BYTES_MAX];
    size_t hot, cold;
    struct stencil_hole hole[HOLES_MAX];
    unsigned count;
};

/* What all of them share. */
struct shared {
    uint8_t data[DATA_MAX];
    size_t bytes;
    char call[CALLS_MAX][NAME_MAX_];
    unsigned calls;
};

static _Noreturn void die(const char *path, const char *what)
{
    fprintf(stderr, "mkstencils: %s: %s\n", path, what);
    exit(1);
}

static void object_open(struct object *o, struct shared *shared, const char *path)
{
    *o = (struct object){.path = path, .shared = shared};
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        die(path, "cannot be opened");
    o->elf = elf_begin(fd, ELF_C_READ, NULL);
    GElf_Ehdr header;
    if (!o->elf || !gelf_getehdr(o->elf, &header) || header.e_machine != EM_X86_64 || elf_getshdrstrndx(o->elf, &o->names) != 0)
        die(path, "is no object for x86-64");
    for (Elf_Scn *s = NULL; (s = elf_nextscn(o->elf, s)) != NULL;) {
        GElf_Shdr h;
        if (gelf_getshdr(s, &h) && h.sh_type == SHT_SYMTAB) {
            o->symbols = elf_getdata(s, NULL);
            o->symbol_names = h.sh_link;
            o->symbol_count = h.sh_size / h.sh_entsize;
        }
    }
    if (!o->symbols)
        die(path, "has no symbols");
}

static const char *symbol_name(const struct object *o, const GElf_Sym *s)
{
    const char *name = elf_strptr(o->elf, o->symbol_names, s->st_name);
    return name ? name : "";
}

static struct section section_of(const struct object *o, size_t index)
{
    struct section out = {.index = index};
    GElf_Shdr h;
    Elf_Scn *s = elf_getscn(o->elf, index);
    Elf_Data *d = s ? elf_getdata(s, NULL) : NULL;
    if (!d || !gelf_getshdr(s, &h))
        die(o->path, "has a section that cannot be read");
    out.bytes = d->d_buf;
    out.size = d->d_size;
    for (Elf_Scn *r = NULL; (r = elf_nextscn(o->elf, r)) != NULL;)
        if (gelf_getshdr(r, &h) && h.sh_type == SHT_RELA && h.sh_info == index) {
            out.relocations = elf_getdata(r, NULL);
            out.count = h.sh_size / h.sh_entsize;
        }
    return out;
}

/* The section of this name; false: there is none. */
static bool section_named(const struct object *o, const char *name, struct section *out)
{
    for (Elf_Scn *s = NULL; (s = elf_nextscn(o->elf, s)) != NULL;) {
        GElf_Shdr h;
        if (!gelf_getshdr(s, &h) || h.sh_type != SHT_PROGBITS)
            continue;
        const char *its = elf_strptr(o->elf, o->names, h.sh_name);
        if (its && strcmp(its, name) == 0) {
            *out = section_of(o, elf_ndxscn(s));
            return true;
        }
    }
    return false;
}

static unsigned want_of(const char *name)
{
    unsigned want = 0;
    while (want < WANT_COLD && strcmp(wanted[want], name) != 0)
        want++;
    return want;
}

/* Where the bytes of this section are among the shared data. -1: it has none that may be. */
static int32_t data_of(struct object *o, size_t index)
{
    GElf_Shdr h;
    Elf_Scn *s = index < SECTIONS_MAX ? elf_getscn(o->elf, index) : NULL;
    if (!s || !gelf_getshdr(s, &h) || h.sh_type != SHT_PROGBITS || h.sh_flags & (SHF_WRITE | SHF_EXECINSTR) ||
        !(h.sh_flags & SHF_ALLOC))
        return -1;
    if (!o->data_of[index]) {
        const struct section data = section_of(o, index);
        if (data.count || o->shared->bytes + data.size > DATA_MAX)
            return -1;
        memcpy(o->shared->data + o->shared->bytes, data.bytes, data.size);
        o->data_of[index] = 1 + o->shared->bytes;
        o->shared->bytes = (o->shared->bytes + data.size + 15) / 16 * 16; /* as aligned as any */
    }
    return (int32_t)o->data_of[index] - 1;
}

/* The number of a function that is called; -1: no room. */
static int32_t call_of(struct shared *s, const char *name)
{
    for (unsigned n = 0; n < s->calls; n++)
        if (strcmp(s->call[n], name) == 0)
            return (int32_t)n;
    if (s->calls == CALLS_MAX || strlen(name) >= NAME_MAX_)
        return -1;
    strcpy(s->call[s->calls], name);
    return (int32_t)s->calls++;
}

/* A distance to something that is no hole: the section's own cold part, a constant, a function. */
static unsigned elsewhere(struct object *o, const struct section *cold, const GElf_Sym *symbol, int32_t *addend)
{
    if (symbol->st_shndx == SHN_UNDEF) {
        const int32_t number = *addend == 0 ? call_of(o->shared, symbol_name(o, symbol)) : -1;
        *addend = number;
        return number < 0 ? WANTS : WANT_CALL;
    }
    *addend += (int32_t)symbol->st_value;
    if (cold->bytes && symbol->st_shndx == cold->index)
        return WANT_COLD;
    const int32_t at = data_of(o, symbol->st_shndx);
    *addend += at;
    return at < 0 ? WANTS : WANT_DATA;
}

/* What relocation n of the section is about. WANTS: nothing that a stencil may want. */
static unsigned relocation(struct object *o, const struct section *s, const struct section *cold, size_t n, size_t *at,
                           int32_t *addend)
{
    GElf_Rela r;
    GElf_Sym symbol;
    if (!gelf_getrela(s->relocations, (int)n, &r) || !gelf_getsym(o->symbols, (int)GELF_R_SYM(r.r_info), &symbol))
        die(o->path, "has a relocation that cannot be read");
    const unsigned type = (unsigned)GELF_R_TYPE(r.r_info);
    const bool relative = type == R_X86_64_PC32 || type == R_X86_64_PLT32;
    const bool number = type == R_X86_64_32S; /* sign-extended, as numbers are */
    *at = r.r_offset;
    *addend = (int32_t)r.r_addend + (relative ? 4 : 0); /* holes count from their end, relocations from their beginning */
    const unsigned want = want_of(symbol_name(o, &symbol));
    if (want == WANT_COLD)
        return relative ? elsewhere(o, cold, &symbol, addend) : WANTS;
    return (want < WANT_NEXT ? number : relative && *addend == 0) ? want : WANTS;
}

/* The cold code at `at` when it is a jump and nothing else: where to. Else the code itself. */
static unsigned through(struct object *o, const struct section *cold, int32_t at)
{
    const struct section none = {0};
    for (size_t n = 0; n < cold->count; n++) {
        size_t its;
        int32_t addend;
        const unsigned want = relocation(o, cold, &none, n, &its, &addend);
        if (its == (size_t)at + 1 && cold->bytes[at] == JUMP && want < WANT_COLD)
            return want;
    }
    return WANT_COLD;
}

/* Adds the bytes [from, from + size) of the section, which are to be at `to`, with their holes; false: it makes no stencil. */
static bool add(struct object *o, const struct section *s, const struct section *cold, size_t from, size_t size, size_t to,
                struct made *m)
{
    if (to + size > BYTES_MAX)
        return false;
    if (size)
        memcpy(m->bytes + to, s->bytes + from, size);
    for (size_t n = 0; n < s->count; n++) {
        size_t at;
        int32_t addend;
        unsigned want = relocation(o, s, cold, n, &at, &addend);
        if (at < from || at >= from + size)
            continue;
        if (want == WANTS || m->count == HOLES_MAX)
            return false;
        if (want == WANT_COLD)
            want = through(o, cold, addend);
        m->hole[m->count++] = (struct stencil_hole){(uint16_t)(at - from + to), (uint16_t)want, addend};
    }
    return true;
}

static bool wants(const struct made *m, unsigned want)
{
    for (unsigned n = 0; n < m->count; n++)
        if (m->hole[n].want == want)
            return true;
    return false;
}

/* A jump to go_next at the very end of what is hot is the way on. */
static void trim(struct made *m)
{
    if (m->hot < JUMP_BYTES || m->bytes[m->hot - JUMP_BYTES] != JUMP)
        return;
    for (unsigned n = 0; n < m->count; n++)
        if (m->hole[n].want == WANT_NEXT && m->hole[n].at == m->hot - 4) {
            m->hole[n] = m->hole[--m->count];
            m->hot -= JUMP_BYTES;
            return;
        }
}

/* The compiler does not know that a hole is good for 8 bits, and shifts by a register: in place of that, by what is in the instruction.
 *
 *     mov rax, rcx; mov rcx, hole_imm; shl rax, cl; mov rcx, rax        shl rcx, hole
 *     mov rax, rcx; mov rcx, hole_imm; sar eax, cl; movsxd rcx, eax     sar ecx, hole; movsxd rcx, ecx */
static void shorten_shift(struct made *m)
{
    static const uint8_t before[] = {0x48, 0x89, 0xc8, 0x48, 0xc7, 0xc1}, extended[] = {0x48, 0x63, 0xc8},
                         moved[] = {0x48, 0x89, 0xc1};
    const uint8_t *shift = m->bytes + sizeof before + 4;
    const bool wide = *shift == 0x48;
    const size_t size = sizeof before + 4 + (wide ? 3 : 2);
    if (m->count != 1 || m->hole[0].want != WANT_IMM || m->hole[0].at != sizeof before || m->hole[0].addend || m->hot != size + 3 ||
        memcmp(m->bytes, before, sizeof before) != 0 || shift[wide] != 0xd3)
        return;
    const bool extends = memcmp(m->bytes + size, extended, 3) == 0;
    const uint8_t kind = shift[wide + 1];
    if ((kind != 0xe0 && kind != 0xe8 && kind != 0xf8) || (!extends && (!wide || memcmp(m->bytes + size, moved, 3) != 0)))
        return;
    m->hot = 0;
    if (wide)
        m->bytes[m->hot++] = 0x48;
    m->bytes[m->hot++] = 0xc1;
    m->bytes[m->hot++] = (uint8_t)(kind + 1);
    m->hole[0].want = WANT_SHIFT;
    m->hole[0].at = (uint16_t)m->hot++;
    if (extends) {
        memcpy(m->bytes + m->hot, (const uint8_t[]){0x48, 0x63, 0xc9}, 3);
        m->hot += 3;
    }
}

static bool make(struct object *o, const GElf_Sym *f, const char *name, struct made *m)
{
    const struct section home = section_of(o, f->st_shndx);
    const struct section none = {0};
    struct section cold = {0};
    char cold_name[96];
    snprintf(cold_name, sizeof cold_name, ".text.unlikely.%s", name);
    *m = (struct made){.hot = f->st_size};
    if (section_named(o, cold_name, &cold) && cold.index == home.index)
        cold = none; /* all of it is */
    if (!add(o, &home, &cold, f->st_value, f->st_size, 0, m))
        return false;
    trim(m);
    shorten_shift(m);
    if (!wants(m, WANT_COLD))
        return true;
    m->cold = cold.size;
    return add(o, &cold, &none, 0, cold.size, m->hot, m);
}

/* --- what is printed: three arrays, and the names of the first apart */

struct printed {
    unsigned bytes, holes;
    FILE *holes_file, *rows_file; /* what comes behind the bytes */
};

static void print(struct printed *p, const char *row, bool again, const struct made *m)
{
    const char *kind = strcmp(row, "far") == 0 ? "FAR" : again ? "AGAIN" : "ROW";
    fprintf(p->rows_file, "%s(%s, %u, %zu, %zu, %u, %u)\n", kind, row, p->bytes, m->hot, m->cold, p->holes, m->count);
    for (size_t n = 0; n < m->hot + m->cold; n++)
        printf("%u,%s", m->bytes[n], n % 24 == 23 ? "\n" : "");
    printf("\n");
    for (unsigned n = 0; n < m->count; n++)
        fprintf(p->holes_file, "{%u, %u, %d},\n", m->hole[n].at, m->hole[n].want, m->hole[n].addend);
    p->bytes += (unsigned)(m->hot + m->cold);
    p->holes += m->count;
}

static void append(FILE *from)
{
    int c;
    rewind(from);
    while ((c = getc(from)) != EOF)
        putchar(c);
    fclose(from);
}

static void print_object(struct object *o, struct printed *p)
{
    static const char prefix[] = "stencil_", soft[] = "soft_", again_[] = "again_";
    const char *slash = strrchr(o->path, '/');
    const bool floats = strstr(slash ? slash : o->path, "again_d"); /* which need not ask for the state of FP; single is rare */
    for (size_t i = 0; i < o->symbol_count; i++) {
        GElf_Sym s;
        struct made m;
        if (!gelf_getsym(o->symbols, (int)i, &s) || GELF_ST_TYPE(s.st_info) != STT_FUNC || GELF_ST_BIND(s.st_info) != STB_GLOBAL)
            continue;
        const char *name = symbol_name(o, &s);
        if (s.st_shndx == SHN_UNDEF || strncmp(name, prefix, sizeof prefix - 1) != 0)
            continue;
        const char *row = name + sizeof prefix - 1;
        const bool again = strncmp(row, again_, sizeof again_ - 1) == 0;
        row += again ? sizeof again_ - 1 : 0;
        if (strncmp(row, soft, sizeof soft - 1) == 0) /* which stencils leave for their row's fast body */
            continue;
        if (make(o, &s, name, &m) && (!again || wants(&m, WANT_AFRESH) || (floats && m.hot + m.cold <= AGAIN_MAX)))
            print(p, row, again, &m);
    }
}

int main(int argc, char **argv)
{
    static struct shared shared;
    struct printed p = {.holes_file = tmpfile(), .rows_file = tmpfile()};
    if (elf_version(EV_CURRENT) == EV_NONE || !p.holes_file || !p.rows_file)
        die("libelf", "is not to be had");
    printf("#ifdef STENCIL_BYTES\n");
    for (int n = 1; n < argc; n++) {
        static struct object o;
        object_open(&o, &shared, argv[n]);
        print_object(&o, &p);
        elf_end(o.elf);
    }
    printf("#endif\n#ifdef STENCIL_HOLES\n");
    append(p.holes_file);
    printf("#endif\n#ifdef STENCIL_ROWS\n");
    append(p.rows_file);
    printf("#endif\n#ifdef STENCIL_DATA\n");
    for (size_t n = 0; n < shared.bytes; n++)
        printf("%u,%s", shared.data[n], n % 24 == 23 ? "\n" : "");
    printf("\n#endif\n#ifdef STENCIL_CALLS\n");
    for (unsigned n = 0; n < shared.calls; n++)
        printf("CALL(%s)\n", shared.call[n]);
    printf("#endif\n");
    return fclose(stdout) == 0 ? 0 : 1;
}

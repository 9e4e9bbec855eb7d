/* witness_elf.c - an ELF file of segments alone: those of the program that replays, and a segment for each part of the replay.
 *
 * The file, for a bare machine of 64 bits (for Linux of 32 bits the same with shorter headers):
 *
 *     0      ELF header      e_entry is the player's
 *     40     8 program headers, of which e_phnum are used
 *     1000   the player's segments, each at the next multiple of 1000
 *     n000   parts of the replay: what to set up and to execute, as data that the player finds at fixed addresses
 *
 * There are neither sections nor symbols: the loader looks at segments alone, and so do the machines that start such a file.
 */
#include "monitor/witness_elf.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "monitor/outfile.h"

enum { SEGMENTS = 8, SEGMENT_ALIGN = 0x1000 };

/* Filled in one after the other; the bytes stay where they are until they are written. */
struct segments {
    Elf64_Ehdr header;
    Elf64_Phdr segment[SEGMENTS];
    const void *bytes[SEGMENTS];
    unsigned count;
};

/* Each begins a page of the file, so that a loader may map it instead of reading it. */
static void segment_add(struct segments *s, const void *bytes, Elf64_Phdr p)
{
    const Elf64_Phdr *last = s->count ? &s->segment[s->count - 1] : NULL;
    p.p_offset = align_up(last ? last->p_offset + last->p_filesz : sizeof s->header + sizeof s->segment, SEGMENT_ALIGN);
    p.p_align = SEGMENT_ALIGN;
    s->bytes[s->count] = bytes;
    s->segment[s->count++] = p;
}

/* Of 32 bits: as if it were of 64. */
static void short_player_add(struct segments *s, const unsigned char *player)
{
    Elf32_Ehdr h;
    Elf32_Phdr p;
    memcpy(&h, player, sizeof h);
    memcpy(s->header.e_ident, h.e_ident, sizeof h.e_ident);
    s->header.e_type = h.e_type;
    s->header.e_machine = h.e_machine;
    s->header.e_version = h.e_version;
    s->header.e_entry = h.e_entry;
    for (unsigned n = 0; n < h.e_phnum; n++) {
        memcpy(&p, player + h.e_phoff + n * sizeof p, sizeof p);
        if (p.p_type == PT_LOAD && p.p_memsz && s->count < SEGMENTS)
            segment_add(s, player + p.p_offset,
                        (Elf64_Phdr){.p_type = p.p_type,
                                     .p_flags = p.p_flags,
                                     .p_vaddr = p.p_vaddr,
                                     .p_paddr = p.p_paddr,
                                     .p_filesz = p.p_filesz,
                                     .p_memsz = p.p_memsz});
    }
}

/* The player is one that the command carries, and whole. */
static void player_add(struct segments *s, const unsigned char *player)
{
    Elf64_Phdr p;
    if (player[EI_CLASS] == ELFCLASS32) {
        short_player_add(s, player);
        return;
    }
    memcpy(&s->header, player, sizeof s->header);
    for (unsigned n = 0; n < s->header.e_phnum; n++) {
        memcpy(&p, player + s->header.e_phoff + n * sizeof p, sizeof p);
        if (p.p_type == PT_LOAD && p.p_memsz && s->count < SEGMENTS)
            segment_add(s, player + p.p_offset, p);
    }
}

/* Both return how much was written. */
static uint64_t head_write(FILE *f, const struct segments *s)
{
    fwrite(&s->header, sizeof s->header, 1, f);
    fwrite(s->segment, sizeof s->segment, 1, f);
    return sizeof s->header + sizeof s->segment;
}

static uint64_t short_head_write(FILE *f, const struct segments *s)
{
    Elf32_Ehdr h = {.e_type = s->header.e_type,
                    .e_machine = s->header.e_machine,
                    .e_version = s->header.e_version,
                    .e_entry = (Elf32_Addr)s->header.e_entry,
                    .e_phoff = sizeof h,
                    .e_ehsize = sizeof h,
                    .e_phentsize = sizeof(Elf32_Phdr),
                    .e_phnum = s->header.e_phnum};
    memcpy(h.e_ident, s->header.e_ident, sizeof h.e_ident);
    fwrite(&h, sizeof h, 1, f);
    for (unsigned n = 0; n < s->count; n++) {
        const Elf64_Phdr *p = &s->segment[n];
        const Elf32_Phdr q = {.p_type = p->p_type,
                              .p_offset = (Elf32_Off)p->p_offset,
                              .p_vaddr = (Elf32_Addr)p->p_vaddr,
                              .p_paddr = (Elf32_Addr)p->p_paddr,
                              .p_filesz = (Elf32_Word)p->p_filesz,
                              .p_memsz = (Elf32_Word)p->p_memsz,
                              .p_flags = p->p_flags,
                              .p_align = SEGMENT_ALIGN};
        fwrite(&q, sizeof q, 1, f);
    }
    return sizeof h + s->count * sizeof(Elf32_Phdr);
}

/* Zeros up to a segment's place, then its bytes; `at` is how far the file has come. */
static int segments_write(FILE *f, const void *what, struct error *e)
{
    const struct segments *s = what;
    (void)e; /* a write that fails shows in the file */
    uint64_t at = s->header.e_ident[EI_CLASS] == ELFCLASS32 ? short_head_write(f, s) : head_write(f, s);
    for (unsigned n = 0; n < s->count; n++) {
        for (; at < s->segment[n].p_offset; at++)
            putc(0, f);
        fwrite(s->bytes[n], 1, (size_t)s->segment[n].p_filesz, f);
        at = s->segment[n].p_offset + s->segment[n].p_filesz;
    }
    return 0;
}

/* A program for the system at hand is one that can be started. */
static void may_be_executed(const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0)
        (void)!chmod(path, st.st_mode | (st.st_mode & 0444) >> 2);
}

/* SEGMENTS has room for the player's and all parts. What is left of the player's own header is what still holds: its entry and
 * its machine. */
int witness_elf_write(const char *path, const unsigned char *player, const struct replay *r, struct error *e)
{
    struct segments s = {.count = 0};
    player_add(&s, player);
    for (unsigned n = 0; n < sizeof r->part / sizeof *r->part && s.count < SEGMENTS; n++) {
        const struct replay_part *part = &r->part[n];
        segment_add(&s, part->bytes,
                    (Elf64_Phdr){.p_type = PT_LOAD,
                                 .p_flags = PF_R | PF_W | PF_X,
                                 .p_vaddr = part->at,
                                 .p_paddr = part->at,
                                 .p_filesz = part->size,
                                 .p_memsz = part->size});
    }
    s.header.e_phoff = sizeof s.header;
    s.header.e_phnum = (Elf64_Half)s.count;
    s.header.e_shoff = 0;
    s.header.e_shnum = s.header.e_shstrndx = 0;
    const int error = outfile_write(path, segments_write, &s, e);
    if (!error && player[EI_CLASS] == ELFCLASS32 && strcmp(path, "-") != 0)
        may_be_executed(path);
    return error;
}

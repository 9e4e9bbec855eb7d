/* witness_elf.c - an ELF file of segments alone: those of the program that replays, and a segment for each part of the replay. */
#include "monitor/witness_elf.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "monitor/outfile.h"

enum { SEGMENTS = 8, SEGMENT_ALIGN = 0x1000 };

struct segments {
    Elf64_Ehdr header;
    Elf64_Phdr segment[SEGMENTS];
    const void *bytes[SEGMENTS];
    unsigned count;
};

static void segment_add(struct segments *s, const void *bytes, Elf64_Phdr p)
{
    const Elf64_Phdr *last = s->count ? &s->segment[s->count - 1] : NULL;
    p.p_offset = align_up(last ? last->p_offset + last->p_filesz : sizeof s->header + sizeof s->segment, SEGMENT_ALIGN);
    p.p_align = SEGMENT_ALIGN;
    s->bytes[s->count] = bytes;
    s->segment[s->count++] = p;
}

/* The player is one that the command carries, and whole. */
static void player_add(struct segments *s, const unsigned char *player)
{
    Elf64_Phdr p;
    memcpy(&s->header, player, sizeof s->header);
    for (unsigned n = 0; n < s->header.e_phnum; n++) {
        memcpy(&p, player + s->header.e_phoff + n * sizeof p, sizeof p);
        if (p.p_type == PT_LOAD && p.p_memsz && s->count < SEGMENTS)
            segment_add(s, player + p.p_offset, p);
    }
}

static int segments_write(FILE *f, const void *what, struct error *e)
{
    static const char zeros[SEGMENT_ALIGN];
    const struct segments *s = what;
    (void)e; /* a write that fails shows in the file */
    fwrite(&s->header, sizeof s->header, 1, f);
    fwrite(s->segment, sizeof s->segment, 1, f);
    uint64_t at = sizeof s->header + sizeof s->segment;
    for (unsigned n = 0; n < s->count; n++) {
        fwrite(zeros, 1, (size_t)(s->segment[n].p_offset - at), f);
        fwrite(s->bytes[n], 1, (size_t)s->segment[n].p_filesz, f);
        at = s->segment[n].p_offset + s->segment[n].p_filesz;
    }
    return 0;
}

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
    return outfile_write(path, segments_write, &s, e);
}

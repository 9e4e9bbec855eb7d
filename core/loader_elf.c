/* loader_elf.c - ELF files, 32 and 64 bits, by libelf from memory. Only program headers load anything; the section headers
 * are looked at for five symbols and may be missing.
 *
 * Segments go to their physical addresses. An entry point that is a virtual address (a kernel linked high) is taken to the
 * physical address of the segment that holds it; one that is in none as a virtual address may be a physical one already.
 */
#include "core/loader_private.h"

#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <string.h>

/* Of a program header, what counts here, with a kernel linked high:
 *
 *    p_vaddr   ffffffff80000000   where it runs once it has paging: the entry is told in these
 *    p_paddr   80200000           where it is loaded
 *    p_filesz  1000               bytes from the file ...
 *    p_memsz   3000               ... and zeros behind them: .bss
 *
 * An entry of ffffffff80000040 is then taken to 80200040. */
struct elf_file {
    Elf *elf;
    const char *name;
    const uint8_t *data;
    size_t size, segments;
    GElf_Ehdr header;
};

static int elf_open(struct elf_file *f, const char *name, const uint8_t *data, size_t size, struct error *e)
{
    *f = (struct elf_file){.name = name, .data = data, .size = size};
    if (elf_version(EV_CURRENT) == EV_NONE)
        return error_set(e, ENOTSUP, "%s: this libelf is too old", name);
    /* libelf wants a writable pointer; opened for reading, it writes nothing. */
    f->elf = elf_memory((char *)(uintptr_t)data, size);
    if (!f->elf || elf_kind(f->elf) != ELF_K_ELF || !gelf_getehdr(f->elf, &f->header) || elf_getphdrnum(f->elf, &f->segments) != 0) {
        elf_end(f->elf);
        return error_set(e, ENOEXEC, "%s: this ELF file is damaged or cut off", name);
    }
    return 0;
}

/* Each refusal names what the file is and what the machine is: the usual mistake is a program for another
 * processor. */
static int elf_check_header(const struct elf_file *f, unsigned machine_type, struct error *e)
{
    const GElf_Ehdr *h = &f->header;
    if (h->e_ident[EI_DATA] != ELFDATA2LSB)
        return error_set(e, ENOEXEC, "%s: this ELF file is big-endian; the machine is little-endian", f->name);
    if (h->e_machine != machine_type)
        return error_set(e, ENOEXEC, "%s: this ELF file is for another processor (e_machine %u, wanted %u)", f->name, h->e_machine,
                         machine_type);
    if (h->e_type != ET_EXEC && h->e_type != ET_DYN)
        return error_set(e, ENOEXEC, "%s: this ELF file is not a linked program (e_type %u)", f->name, h->e_type);
    if (h->e_phnum != PN_XNUM && h->e_phnum != f->segments) /* libelf counts those that are there */
        return error_set(e, ENOEXEC, "%s: this ELF file is cut off: %zu of %u program headers are there", f->name, f->segments,
                         h->e_phnum);
    return 0;
}

/* The i-th program header when it loads something. */
static int elf_segment(const struct elf_file *f, size_t i, GElf_Phdr *p, bool *loads, struct error *e)
{
    if (!gelf_getphdr(f->elf, (int)i, p))
        return error_set(e, ENOEXEC, "%s: this ELF file is cut off: program header %zu is missing", f->name, i);
    *loads = p->p_type == PT_LOAD && p->p_memsz > 0;
    if (!*loads)
        return 0;
    if (p->p_filesz > p->p_memsz)
        return error_set(e, ENOEXEC, "%s: this ELF file is damaged: segment %zu has more bytes in the file than in memory", f->name,
                         i);
    if (p->p_offset > f->size || p->p_filesz > f->size - p->p_offset)
        return error_set(e, ENOEXEC, "%s: this ELF file is cut off: segment %zu ends beyond the file", f->name, i);
    return 0;
}

/* Differences of unsigned numbers: "entry - p_vaddr < p_memsz" is false for an entry below the segment, too. A
 * virtual match goes before a physical one, whichever segment comes first. */
static int elf_check_segments(struct phys *phys, const struct elf_file *f, struct loaded *out, struct error *e)
{
    bool entered = false, physical = false;
    out->start = UINT64_MAX;
    for (size_t i = 0; i < f->segments; i++) {
        GElf_Phdr p;
        bool loads = false;
        int r = elf_segment(f, i, &p, &loads, e);
        if (r)
            return r;
        if (!loads)
            continue;
        if (!load_fits(phys, f->name, p.p_paddr, p.p_memsz, e))
            return -ENOSPC;
        if (p.p_paddr < out->start)
            out->start = p.p_paddr;
        if (p.p_paddr + p.p_memsz > out->end)
            out->end = p.p_paddr + p.p_memsz;
        if (f->header.e_entry - p.p_vaddr < p.p_memsz) {
            out->entry = f->header.e_entry - p.p_vaddr + p.p_paddr;
            entered = true;
        } else if (!entered && f->header.e_entry - p.p_paddr < p.p_memsz) {
            out->entry = f->header.e_entry;
            physical = true;
        }
    }
    if (out->end == 0)
        return error_set(e, ENOEXEC, "%s: this ELF file has nothing to load", f->name);
    if (!entered && !physical)
        return error_set(e, ENOEXEC, "%s: its entry point 0x%llx is in none of its segments", f->name,
                         (unsigned long long)f->header.e_entry);
    return 0;
}

/* All was checked, so that nothing can fail half way; a segment without bytes in the file is zeros alone. */
static int elf_write_segments(struct phys *phys, const struct elf_file *f, struct error *e)
{
    for (size_t i = 0; i < f->segments; i++) {
        GElf_Phdr p;
        bool loads = false;
        int r = elf_segment(f, i, &p, &loads, e);
        if (r)
            return r;
        if (!loads)
            continue;
        uint8_t *to = phys_host(phys, p.p_paddr, p.p_memsz);
        memcpy(to, f->data + p.p_offset, p.p_filesz);
        memset(to + p.p_filesz, 0, p.p_memsz - p.p_filesz);
        phys_written(phys, p.p_paddr, p.p_memsz);
    }
    return 0;
}

static void elf_note_symbol(struct loaded *out, const char *name, pa_t value)
{
    const struct {
        const char *name;
        pa_t *to;
    } wanted[] = {
        {"tohost", &out->tohost},
        {"fromhost", &out->fromhost},
        {"begin_signature", &out->begin_signature},
        {"end_signature", &out->end_signature},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        if (strcmp(name, wanted[i].name) == 0)
            *wanted[i].to = value;
}

/* A stripped file has none, and is a program that wants nothing of them. Undefined symbols have no value. */
static void elf_symbols(const struct elf_file *f, struct loaded *out)
{
    Elf_Scn *section = NULL;
    while ((section = elf_nextscn(f->elf, section))) {
        GElf_Shdr h;
        Elf_Data *d;
        if (!gelf_getshdr(section, &h) || h.sh_type != SHT_SYMTAB || !(d = elf_getdata(section, NULL)))
            continue;
        GElf_Sym s;
        for (int i = 0; gelf_getsym(d, i, &s); i++) {
            const char *name = elf_strptr(f->elf, h.sh_link, s.st_name);
            if (name && s.st_shndx != SHN_UNDEF)
                elf_note_symbol(out, name, s.st_value);
        }
    }
}

static int elf_check_symbols(const struct phys *phys, const struct elf_file *f, const struct loaded *l, struct error *e)
{
    if ((l->tohost && (l->tohost & 7 || !phys_host(phys, l->tohost, 8))) ||
        (l->fromhost && (l->fromhost & 7 || !phys_host(phys, l->fromhost, 8))))
        return error_set(e, ENOEXEC, "%s: its symbols tohost and fromhost must be 8-byte aligned and in RAM", f->name);
    return 0;
}

int load_elf(struct phys *phys, const char *name, const uint8_t *data, size_t size, unsigned machine_type, struct loaded *out,
             struct error *e)
{
    struct elf_file f;
    struct loaded l = {.kind = LOADED_ELF};
    int r = elf_open(&f, name, data, size, e);
    if (r)
        return r;
    l.bits = gelf_getclass(f.elf) == ELFCLASS32 ? 32 : 64;
    r = elf_check_header(&f, machine_type, e);
    if (r == 0)
        r = elf_check_segments(phys, &f, &l, e);
    if (r == 0) {
        elf_symbols(&f, &l);
        r = elf_check_symbols(phys, &f, &l, e);
    }
    if (r == 0)
        r = elf_write_segments(phys, &f, e);
    elf_end(f.elf);
    if (r == 0)
        *out = l;
    return r;
}

/* Asked before it is known what kind of machine it will get; so anything that is no ELF file just does not. */
bool load_wants_htif(const uint8_t *data, size_t size)
{
    struct elf_file f;
    struct error ignored;
    struct loaded l = {0};
    if (size < 4 ||
        memcmp(data,
               "\x7f"
               "ELF",
               4) != 0 ||
        elf_open(&f, "", data, size, &ignored) != 0)
        return false;
    elf_symbols(&f, &l);
    elf_end(f.elf);
    return l.tohost != 0;
}

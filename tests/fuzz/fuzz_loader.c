/* fuzz_loader.c - any bytes at all, as ELF file, Linux Image or raw image: loaded within RAM, or refused with a sentence and
 * nothing written.
 *
 * The first byte says where the image is to go and what the rest is: the file itself, or (bit 7) changes to a sound ELF file
 * (bit 6: Linux Image), three bytes each: offset, value.
 */
#include "core/loader.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

enum { RAM_SIZE = 1 << 20, FILE_SIZE = 4096 };
#define RAM_BASE UINT64_C(0x80000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool held)
{
    if (!held)
        abort();
}

struct program {
    Elf64_Ehdr header;
    Elf64_Phdr segment[2];
    Elf64_Shdr section[3];
    Elf64_Sym symbol[2];
    char names[16];
    uint8_t text[64];
};

static size_t sound_elf(uint8_t *file)
{
    struct program p = {
        .header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                   .e_type = ET_EXEC,
                   .e_machine = EM_RISCV,
                   .e_version = EV_CURRENT,
                   .e_entry = RAM_BASE + 4,
                   .e_ehsize = sizeof(Elf64_Ehdr),
                   .e_phoff = offsetof(struct program, segment),
                   .e_phentsize = sizeof(Elf64_Phdr),
                   .e_phnum = 2,
                   .e_shoff = offsetof(struct program, section),
                   .e_shentsize = sizeof(Elf64_Shdr),
                   .e_shnum = 3,
                   .e_shstrndx = 2},
        .segment = {{.p_type = PT_LOAD,
                     .p_offset = offsetof(struct program, text),
                     .p_vaddr = RAM_BASE,
                     .p_paddr = RAM_BASE,
                     .p_filesz = 64,
                     .p_memsz = 0x100},
                    {.p_type = PT_LOAD,
                     .p_offset = offsetof(struct program, text),
                     .p_vaddr = RAM_BASE + 0x1000,
                     .p_paddr = RAM_BASE + 0x1000,
                     .p_filesz = 0,
                     .p_memsz = 0x100}},
        .section = {{0},
                    {.sh_type = SHT_SYMTAB,
                     .sh_offset = offsetof(struct program, symbol),
                     .sh_size = sizeof p.symbol,
                     .sh_link = 2,
                     .sh_entsize = sizeof(Elf64_Sym)},
                    {.sh_type = SHT_STRTAB, .sh_offset = offsetof(struct program, names), .sh_size = sizeof p.names}},
        .symbol = {{0}, {.st_name = 1, .st_value = RAM_BASE + 0x2000, .st_shndx = SHN_ABS}},
        .names = "\0tohost",
    };
    memcpy(file, &p, sizeof p);
    return sizeof p;
}

static size_t sound_image(uint8_t *file)
{
    memset(file, 0, FILE_SIZE);
    file[10] = 0x02; /* text_offset 0x20000 */
    file[18] = 0x04; /* image_size 0x40000 */
    memcpy(file + 48, "RISCV\0\0", 8);
    memcpy(file + 56, "RSC\5", 4);
    return 256;
}

static void load(const uint8_t *file, size_t size, pa_t where)
{
    struct ram *ram = NULL;
    struct phys *phys = NULL;
    struct loaded l;
    struct error e = {""};
    demand(ram_create(&ram, RAM_SIZE) == 0);
    demand(phys_create(&phys) == 0);
    demand(phys_add_ram(phys, "ram", RAM_BASE, RAM_SIZE, ram, 0) == 0);
    if (load_image(phys, "input", file, size, where, EM_RISCV, &l, &e) == 0) {
        demand(l.start >= RAM_BASE && l.start < l.end && l.end <= RAM_BASE + RAM_SIZE);
    } else {
        demand(strncmp(e.text, "input: ", 7) == 0 && !strchr(e.text, '\n'));
        demand(ram_resident(ram) == 0);
    }
    (void)load_wants_htif(file, size);
    phys_destroy(phys);
    ram_destroy(ram);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    pa_t where = RAM_BASE + ((uint64_t)(data[0] & 0x3f) << 15);
    if (!(data[0] & 0x80)) {
        load(data + 1, size - 1, where);
        return 0;
    }
    uint8_t file[FILE_SIZE] = {0};
    size_t n = data[0] & 0x40 ? sound_image(file) : sound_elf(file);
    for (size_t i = 1; i + 2 < size && i < 3 * 8; i += 3)
        file[(data[i] | (size_t)data[i + 1] << 8) % n] = data[i + 2];
    uint8_t *exact = malloc(n); /* so that a sanitizer sees any read beyond the end */
    demand(exact != NULL);
    memcpy(exact, file, n);
    load(exact, n, where);
    free(exact);
    return 0;
}

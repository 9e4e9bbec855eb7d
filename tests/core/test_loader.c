/* test_loader.c - every format loads where it should, and whatever is wrong with a file is said in a sentence that names it,
 * with memory untouched. ELF files are made here, field by field, so that each can be spoilt in one place. */
#include "core/loader.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { RAM_SIZE = 8 << 20, ELF_MACHINE = EM_RISCV };
#define RAM_BASE UINT64_C(0x80000000)

struct fixture {
    struct ram *ram;
    struct phys *phys;
    struct loaded loaded;
    struct error error;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    assert_int_equal(ram_create(&f->ram, RAM_SIZE), 0);
    assert_int_equal(phys_create(&f->phys), 0);
    assert_int_equal(phys_add_ram(f->phys, "ram", RAM_BASE, RAM_SIZE, f->ram, 0), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    phys_destroy(f->phys);
    ram_destroy(f->ram);
    free(f);
    return 0;
}

static int load(struct fixture *f, const void *data, size_t size, pa_t where)
{
    f->error.text[0] = '\0';
    return load_image(f->phys, "some-file", data, size, where, ELF_MACHINE, &f->loaded, &f->error);
}

static bool ram_is_zero(const struct fixture *f)
{
    const uint8_t *p = ram_host(f->ram);
    for (size_t i = 0; i < RAM_SIZE; i++)
        if (p[i])
            return false;
    return true;
}

/* The load fails, the sentence names the file and contains `words`, and memory is as it was. */
static void refused(struct fixture *f, const void *data, size_t size, pa_t where, const char *words)
{
    assert_true(load(f, data, size, where) < 0);
    if (!strstr(f->error.text, words))
        fail_msg("'%s' does not say '%s'", f->error.text, words);
    assert_non_null(strstr(f->error.text, "some-file"));
    assert_null(strchr(f->error.text, '\n'));
    assert_true(ram_is_zero(f));
}

/* --- ELF */

enum { TEXT_SIZE = 64, NAMES_SIZE = 80 };

/* A linked program: one segment with a .bss tail, a symbol table. */
struct program {
    Elf64_Ehdr header;
    Elf64_Phdr segment[2];
    uint8_t text[TEXT_SIZE];
    Elf64_Sym symbol[5];
    char names[NAMES_SIZE];
    Elf64_Shdr section[3];
};

static uint32_t add_name(struct program *p, const char *name)
{
    uint32_t at = 1;
    while (p->names[at])
        at += (uint32_t)strlen(p->names + at) + 1;
    strcpy(p->names + at, name);
    return at;
}

static void add_symbol(struct program *p, unsigned i, const char *name, uint64_t value)
{
    p->symbol[i] = (Elf64_Sym){
        .st_name = add_name(p, name),
        .st_value = value,
        .st_shndx = SHN_ABS,
        .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE),
    };
}

static void make_program(struct program *p)
{
    memset(p, 0, sizeof *p);
    memcpy(p->header.e_ident, ELFMAG, SELFMAG);
    p->header.e_ident[EI_CLASS] = ELFCLASS64;
    p->header.e_ident[EI_DATA] = ELFDATA2LSB;
    p->header.e_ident[EI_VERSION] = EV_CURRENT;
    p->header.e_type = ET_EXEC;
    p->header.e_machine = ELF_MACHINE;
    p->header.e_version = EV_CURRENT;
    p->header.e_entry = RAM_BASE + 0x1008;
    p->header.e_ehsize = sizeof p->header;
    p->header.e_phoff = offsetof(struct program, segment);
    p->header.e_phentsize = sizeof(Elf64_Phdr);
    p->header.e_phnum = 2;
    p->header.e_shoff = offsetof(struct program, section);
    p->header.e_shentsize = sizeof(Elf64_Shdr);
    p->header.e_shnum = 3;
    p->header.e_shstrndx = 2;
    p->segment[0] = (Elf64_Phdr){.p_type = PT_NOTE, .p_paddr = 0, .p_memsz = 1 << 30};
    p->segment[1] = (Elf64_Phdr){
        .p_type = PT_LOAD,
        .p_flags = PF_R | PF_X,
        .p_offset = offsetof(struct program, text),
        .p_vaddr = RAM_BASE + 0x1000,
        .p_paddr = RAM_BASE + 0x1000,
        .p_filesz = TEXT_SIZE,
        .p_memsz = TEXT_SIZE + 0x100,
        .p_align = 1,
    };
    for (unsigned i = 0; i < TEXT_SIZE; i++)
        p->text[i] = (uint8_t)(i + 1);
    add_symbol(p, 1, "tohost", RAM_BASE + 0x2000);
    add_symbol(p, 2, "fromhost", RAM_BASE + 0x2040);
    add_symbol(p, 3, "begin_signature", RAM_BASE + 0x3000);
    add_symbol(p, 4, "end_signature", RAM_BASE + 0x3010);
    p->section[1] = (Elf64_Shdr){
        .sh_type = SHT_SYMTAB,
        .sh_offset = offsetof(struct program, symbol),
        .sh_size = sizeof p->symbol,
        .sh_link = 2,
        .sh_entsize = sizeof(Elf64_Sym),
        .sh_addralign = 8,
    };
    p->section[2] = (Elf64_Shdr){
        .sh_type = SHT_STRTAB,
        .sh_offset = offsetof(struct program, names),
        .sh_size = NAMES_SIZE,
        .sh_addralign = 1,
    };
}

static void elf_loads(void **state)
{
    struct fixture *f = *state;
    struct program p;
    make_program(&p);
    memset(ram_host(f->ram), 0xee, RAM_SIZE); /* .bss must be cleared */
    assert_int_equal(load(f, &p, sizeof p, 0), 0);
    const uint8_t *at = ram_host(f->ram) + 0x1000;
    assert_memory_equal(at, p.text, TEXT_SIZE);
    for (unsigned i = 0; i < 0x100; i++)
        assert_int_equal(at[TEXT_SIZE + i], 0);
    assert_int_equal(at[-1], 0xee);
    assert_int_equal(at[TEXT_SIZE + 0x100], 0xee);
    assert_int_equal(f->loaded.kind, LOADED_ELF);
    assert_int_equal(f->loaded.bits, 64);
    assert_int_equal(f->loaded.entry, RAM_BASE + 0x1008);
    assert_int_equal(f->loaded.start, RAM_BASE + 0x1000);
    assert_int_equal(f->loaded.end, RAM_BASE + 0x1000 + TEXT_SIZE + 0x100);
    assert_int_equal(f->loaded.tohost, RAM_BASE + 0x2000);
    assert_int_equal(f->loaded.fromhost, RAM_BASE + 0x2040);
    assert_int_equal(f->loaded.begin_signature, RAM_BASE + 0x3000);
    assert_int_equal(f->loaded.end_signature, RAM_BASE + 0x3010);
    assert_true(load_wants_htif((const uint8_t *)&p, sizeof p));
}

static void elf_without_sections_loads(void **state)
{
    struct fixture *f = *state;
    struct program p;
    make_program(&p);
    p.header.e_shoff = p.header.e_shnum = p.header.e_shstrndx = 0;
    assert_int_equal(load(f, &p, offsetof(struct program, symbol), 0), 0);
    assert_int_equal(f->loaded.tohost, 0);
    assert_false(load_wants_htif((const uint8_t *)&p, offsetof(struct program, symbol)));
}

/* A kernel linked at high addresses and loaded low: the entry is where its bytes are. */
static void elf_virtual_entry(void **state)
{
    struct fixture *f = *state;
    struct program p;
    make_program(&p);
    p.segment[1].p_vaddr = UINT64_C(0xffffffff80000000);
    p.header.e_entry = UINT64_C(0xffffffff80000010);
    assert_int_equal(load(f, &p, sizeof p, 0), 0);
    assert_int_equal(f->loaded.entry, RAM_BASE + 0x1010);
}

static void elf32_loads(void **state)
{
    struct fixture *f = *state;
    struct {
        Elf32_Ehdr header;
        Elf32_Phdr segment;
        uint32_t text;
    } p = {0};
    memcpy(p.header.e_ident, ELFMAG, SELFMAG);
    p.header.e_ident[EI_CLASS] = ELFCLASS32;
    p.header.e_ident[EI_DATA] = ELFDATA2LSB;
    p.header.e_ident[EI_VERSION] = EV_CURRENT;
    p.header.e_type = ET_EXEC;
    p.header.e_machine = ELF_MACHINE;
    p.header.e_version = EV_CURRENT;
    p.header.e_entry = 0x80000000;
    p.header.e_ehsize = sizeof p.header;
    p.header.e_phoff = sizeof p.header;
    p.header.e_phentsize = sizeof p.segment;
    p.header.e_phnum = 1;
    p.segment = (Elf32_Phdr){
        .p_type = PT_LOAD,
        .p_offset = sizeof p.header + sizeof p.segment,
        .p_vaddr = 0x80000000,
        .p_paddr = 0x80000000,
        .p_filesz = 4,
        .p_memsz = 4,
    };
    p.text = 0x12345678;
    assert_int_equal(load(f, &p, sizeof p, 0), 0);
    assert_int_equal(f->loaded.bits, 32);
    assert_memory_equal(ram_host(f->ram), &p.text, 4);
}

static void elf_wrong_kind(void **state)
{
    struct fixture *f = *state;
    struct program p;
    make_program(&p);
    p.header.e_machine = EM_X86_64;
    refused(f, &p, sizeof p, 0, "another processor");
    make_program(&p);
    p.header.e_type = ET_REL;
    refused(f, &p, sizeof p, 0, "not a linked program");
    make_program(&p);
    p.segment[1].p_type = PT_NULL;
    refused(f, &p, sizeof p, 0, "nothing to load");
    make_program(&p);
    p.header.e_entry = RAM_BASE + 0x5000;
    refused(f, &p, sizeof p, 0, "entry point");
    make_program(&p);
    p.symbol[1].st_value = RAM_BASE + 0x2004;
    refused(f, &p, sizeof p, 0, "tohost");
    make_program(&p);
    p.symbol[1].st_value = 0x1000;
    refused(f, &p, sizeof p, 0, "tohost");
}

static void elf_damaged(void **state)
{
    struct fixture *f = *state;
    struct program p;
    make_program(&p);
    p.segment[1].p_filesz = p.segment[1].p_memsz + 1;
    refused(f, &p, sizeof p, 0, "more bytes in the file");
    make_program(&p);
    p.segment[1].p_offset = sizeof p - TEXT_SIZE + 1;
    refused(f, &p, sizeof p, 0, "ends beyond the file");
    make_program(&p);
    p.segment[1].p_offset = UINT64_MAX - 8;
    refused(f, &p, sizeof p, 0, "ends beyond the file");
    make_program(&p);
    p.header.e_phoff = sizeof p;
    refused(f, &p, sizeof p, 0, "cut off");
}

static void elf_does_not_fit(void **state)
{
    struct fixture *f = *state;
    struct program p;
    make_program(&p);
    p.segment[1].p_memsz = RAM_SIZE;
    refused(f, &p, sizeof p, 0, "RAM is");
    make_program(&p);
    p.segment[1].p_paddr = 0x1000;
    refused(f, &p, sizeof p, 0, "no RAM");
    make_program(&p);
    p.segment[1].p_memsz = UINT64_MAX - 0x800;
    refused(f, &p, sizeof p, 0, "RAM is");
}

/* Cut off at every length: never a crash; where nothing that loads is missing it may load. */
static void elf_cut_anywhere(void **state)
{
    struct fixture *f = *state;
    struct program p;
    make_program(&p);
    for (size_t n = 4; n < offsetof(struct program, text) + TEXT_SIZE; n++) {
        uint8_t *exact = malloc(n); /* so that a sanitizer sees any read beyond the end */
        assert_non_null(exact);
        memcpy(exact, &p, n);
        refused(f, exact, n, 0, "cut off");
        free(exact);
    }
}

/* --- Linux Image, raw, packed */

enum { IMAGE_FILE = 0x3000 };

static void put64(uint8_t *p, uint64_t v) { memcpy(p, &v, 8); }

static void make_image(uint8_t *p, uint64_t text_offset, uint64_t image_size)
{
    memset(p, 0x5a, IMAGE_FILE);
    memset(p, 0, 64);
    put64(p + 8, text_offset);
    put64(p + 16, image_size);
    memcpy(p + 48, "RISCV\0\0", 8);
    memcpy(p + 56, "RSC\5", 4);
}

static void image_loads(void **state)
{
    struct fixture *f = *state;
    uint8_t image[IMAGE_FILE];
    make_image(image, 0x200000, 0x100000);
    assert_int_equal(load(f, image, sizeof image, RAM_BASE), 0);
    assert_int_equal(f->loaded.kind, LOADED_LINUX_IMAGE);
    assert_int_equal(f->loaded.entry, RAM_BASE + 0x200000);
    assert_int_equal(f->loaded.start, RAM_BASE + 0x200000);
    assert_int_equal(f->loaded.end, RAM_BASE + 0x300000);
    assert_memory_equal(ram_host(f->ram) + 0x200000, image, sizeof image);
    /* Where it is told to be, when that is further up; by whole 2 MiB. */
    assert_int_equal(load(f, image, sizeof image, RAM_BASE + 0x200000), 0);
    assert_int_equal(f->loaded.entry, RAM_BASE + 0x200000);
    assert_int_equal(load(f, image, sizeof image, RAM_BASE + 0x200001), 0);
    assert_int_equal(f->loaded.entry, RAM_BASE + 0x400000);
    /* image_size of old kernels is 0: the file's own size. */
    make_image(image, 0x200000, 0);
    assert_int_equal(load(f, image, sizeof image, RAM_BASE), 0);
    assert_int_equal(f->loaded.end, RAM_BASE + 0x200000 + sizeof image);
}

static void image_refused(void **state)
{
    struct fixture *f = *state;
    uint8_t image[IMAGE_FILE];
    make_image(image, 0x200000, RAM_SIZE - 0x200000 + 1);
    refused(f, image, sizeof image, RAM_BASE, "RAM is");
    make_image(image, RAM_SIZE, 0x1000);
    refused(f, image, sizeof image, RAM_BASE, "no RAM");
    make_image(image, UINT64_MAX, 0x1000);
    refused(f, image, sizeof image, RAM_BASE, "damaged");
    make_image(image, 0x200000, UINT64_MAX);
    refused(f, image, sizeof image, RAM_BASE, "damaged");
    make_image(image, 0x200000, 0x100000);
    image[24] = 1;
    refused(f, image, sizeof image, RAM_BASE, "big-endian");
    make_image(image, 0x200000, 0x100000);
    image[56] = 'X';
    refused(f, image, sizeof image, RAM_BASE, "damaged or cut off");
    make_image(image, 0x200000, 0x100000);
    refused(f, image, 60, RAM_BASE, "damaged or cut off");
}

static void raw_loads(void **state)
{
    struct fixture *f = *state;
    const uint8_t raw[] = {1, 2, 3, 4, 5};
    assert_int_equal(load(f, raw, sizeof raw, RAM_BASE + 0x1000), 0);
    assert_int_equal(f->loaded.kind, LOADED_RAW);
    assert_int_equal(f->loaded.entry, RAM_BASE + 0x1000);
    assert_int_equal(f->loaded.end, RAM_BASE + 0x1005);
    assert_memory_equal(ram_host(f->ram) + 0x1000, raw, sizeof raw);
}

static void raw_refused(void **state)
{
    struct fixture *f = *state;
    const uint8_t raw[] = {1, 2, 3, 4, 5};
    refused(f, raw, 0, RAM_BASE, "empty");
    refused(f, raw, sizeof raw, RAM_BASE + RAM_SIZE - 4, "RAM is");
    refused(f, raw, sizeof raw, 0x1000, "no RAM");
    refused(f, "\x1f\x8b\x08\x00", 4, RAM_BASE, "gunzip");
    refused(f,
            "\xfd"
            "7zXZ\0",
            6, RAM_BASE, "unxz");
    refused(f, "\x28\xb5\x2f\xfd", 4, RAM_BASE, "unzstd");
    refused(f, "MZ\0\0zimg", 8, RAM_BASE, "compressed EFI");
    refused(f, "\xd0\x0d\xfe\xed", 4, RAM_BASE, "device tree");
    refused(f, "\x27\x05\x19\x56", 4, RAM_BASE, "uImage");
}

/* --- files */

static void files(void **state)
{
    struct fixture *f = *state;
    char path[] = "/tmp/trapeze-loader-XXXXXX";
    uint8_t *data = NULL;
    size_t size;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_true(load_file(path, &data, &size, &f->error) < 0);
    assert_null(data);
    assert_non_null(strstr(f->error.text, "empty"));
    assert_int_equal(write(fd, "hello", 5), 5);
    close(fd);
    assert_int_equal(load_file(path, &data, &size, &f->error), 0);
    assert_int_equal(size, 5);
    assert_memory_equal(data, "hello", 5);
    free(data);
    assert_int_equal(load_file_at(f->phys, path, RAM_BASE + 16, &size, &f->error), 0);
    assert_memory_equal(ram_host(f->ram) + 16, "hello", 5);
    assert_true(load_file_at(f->phys, path, RAM_BASE + RAM_SIZE - 4, &size, &f->error) < 0);
    assert_non_null(strstr(f->error.text, path));
    unlink(path);
    assert_int_equal(load_file(path, &data, &size, &f->error), -ENOENT);
    assert_non_null(strstr(f->error.text, path));
    assert_true(load_file("/tmp", &data, &size, &f->error) < 0);
    assert_non_null(strstr(f->error.text, "a directory"));
    assert_true(load_file("/dev/zero", &data, &size, &f->error) < 0);
    assert_non_null(strstr(f->error.text, "a device"));
}

/* A pipe does not say how long it is. */
static void pipe_file(void **state)
{
    struct fixture *f = *state;
    char path[] = "/tmp/trapeze-loader-XXXXXX";
    enum { LONG = 300000 };
    assert_non_null(mkdtemp(path));
    char fifo[64];
    snprintf(fifo, sizeof fifo, "%s/fifo", path);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int fd = open(fifo, O_WRONLY);
        for (unsigned i = 0; i < LONG; i++)
            if (write(fd, &(char){(char)(i % 251)}, 1) != 1)
                _exit(1);
        _exit(0);
    }
    uint8_t *data;
    size_t size;
    assert_int_equal(load_file(fifo, &data, &size, &f->error), 0);
    assert_int_equal(size, LONG);
    for (unsigned i = 0; i < LONG; i++)
        assert_int_equal(data[i], (uint8_t)(i % 251));
    free(data);
    unlink(fifo);
    rmdir(path);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(elf_loads),
        T(elf_without_sections_loads),
        T(elf_virtual_entry),
        T(elf32_loads),
        T(elf_wrong_kind),
        T(elf_damaged),
        T(elf_does_not_fit),
        T(elf_cut_anywhere),
        T(image_loads),
        T(image_refused),
        T(raw_loads),
        T(raw_refused),
        T(files),
        T(pipe_file),
    };
#undef T
    return cmocka_run_group_tests_name("loader", tests, NULL, NULL);
}

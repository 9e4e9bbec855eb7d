/* symbols.c - reads names and addresses and finds one by the other. */
#include "monitor/debug/symbols_private.h"

#include "core/loader.h"

#include <errno.h>
#include <gelf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    LOOK_BACK = 64,      /* symbols before an address among which the one it belongs to is looked for */
    UNSIZED_REACH = 4096 /* a label says nothing of what lies further behind it */
};

int symbols_create(struct symbols **out)
{
    *out = calloc(1, sizeof **out);
    return *out ? 0 : -ENOMEM;
}

static void file_free(struct symbol_file *f)
{
    symbol_file_close_dwarf(f);
    elf_end(f->elf);
    free(f->symbol);
    free(f->data);
    free(f->name);
    free(f);
}

void symbols_destroy(struct symbols *s)
{
    while (s && s->files) {
        struct symbol_file *f = s->files;
        s->files = f->next;
        file_free(f);
    }
    free(s);
}

/* The offset of the binding is added here, once: all that is asked later is in the guest's addresses. */
static int file_add(struct symbol_file *f, const struct symbol *add)
{
    if (f->count == f->room) {
        unsigned room = f->room ? 2 * f->room : 256;
        struct symbol *grown = realloc(f->symbol, room * sizeof *grown);
        if (!grown)
            return -ENOMEM;
        f->symbol = grown;
        f->room = room;
    }
    f->symbol[f->count] = *add;
    f->symbol[f->count].file = f;
    f->symbol[f->count++].address += f->binding.offset;
    return 0;
}

/* The better of several at one address comes last, where the search from behind meets it first; equal ones by name, for
 * the same order each time. */
static int by_address(const void *a, const void *b)
{
    const struct symbol *x = a, *y = b;
    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    return x->rank != y->rank ? (x->rank < y->rank ? -1 : 1) : strcmp(y->name, x->name);
}

/* --- ELF */

static bool find_text(Elf *elf, uint64_t *address)
{
    size_t names;
    Elf_Scn *section = NULL;
    if (elf_getshdrstrndx(elf, &names) != 0)
        return false;
    while ((section = elf_nextscn(elf, section))) {
        GElf_Shdr h;
        const char *name = gelf_getshdr(section, &h) ? elf_strptr(elf, names, h.sh_name) : NULL;
        if (name && strcmp(name, ".text") == 0) {
            *address = h.sh_addr;
            return true;
        }
    }
    return false;
}

/* A function before an object before a label; what others see before what is local. Compilers' own labels and mapping symbols ($x)
 * are nobody's names. 0: not to be kept. */
static uint8_t rank(const GElf_Sym *s, const char *name)
{
    unsigned type = GELF_ST_TYPE(s->st_info);
    if (!name || !*name || name[0] == '$' || strncmp(name, ".L", 2) == 0 || s->st_shndx == SHN_UNDEF)
        return 0;
    if (type != STT_FUNC && type != STT_OBJECT && type != STT_NOTYPE)
        return 0;
    return (uint8_t)((type == STT_FUNC ? 5 : type == STT_OBJECT ? 3 : 1) + (GELF_ST_BIND(s->st_info) != STB_LOCAL));
}

/* Without its size a symbol reaches to the end of its section at most: `end` keeps a label from naming what lies in
 * another one. */
static int elf_table(struct symbol_file *f, Elf_Scn *table, size_t link)
{
    size_t names;
    GElf_Sym s;
    Elf_Data *d = elf_getdata(table, NULL);
    bool named = elf_getshdrstrndx(f->elf, &names) == 0;
    for (int i = 0; d && gelf_getsym(d, i, &s); i++) {
        const char *name = elf_strptr(f->elf, link, s.st_name), *in = NULL;
        GElf_Shdr h;
        struct symbol add = {.address = s.st_value, .size = s.st_size, .name = name, .rank = rank(&s, name)};
        if (!add.rank)
            continue;
        if (s.st_shndx < SHN_LORESERVE && gelf_getshdr(elf_getscn(f->elf, s.st_shndx), &h)) {
            in = named ? elf_strptr(f->elf, names, h.sh_name) : NULL;
            add.end = h.sh_addr + h.sh_size + f->binding.offset;
        }
        add.section = in ? in : "";
        if (file_add(f, &add) != 0)
            return -ENOMEM;
    }
    return 0;
}

static int read_elf(struct symbol_file *f, struct error *e)
{
    uint64_t text;
    Elf_Scn *section = NULL;
    f->elf = elf_version(EV_CURRENT) != EV_NONE ? elf_memory((char *)f->data, f->size) : NULL;
    if (!f->elf || elf_kind(f->elf) != ELF_K_ELF)
        return error_set(e, ENOEXEC, "%s: this ELF file is damaged or cut off", f->name);
    if (f->binding.has_text) {
        if (!find_text(f->elf, &text))
            return error_set(e, ENOEXEC, "%s: it has no section .text to move; -o OFFSET moves all of it", f->name);
        f->binding.offset = f->binding.text - text;
    }
    while ((section = elf_nextscn(f->elf, section))) {
        GElf_Shdr h;
        if (gelf_getshdr(section, &h) && h.sh_type == SHT_SYMTAB && elf_table(f, section, h.sh_link) != 0)
            return error_set(e, ENOMEM, "%s: there is not enough memory for its symbols", f->name);
    }
    symbol_file_open_dwarf(f);
    return 0;
}

/* --- text: "ffffffff80000000 T _start" */

static int read_text(struct symbol_file *f, struct error *e)
{
    char *line = (char *)f->data, *end;
    for (unsigned number = 1; *line; line = end + 1, number++) {
        end = strchr(line, '\n');
        if (!end)
            end = line + strlen(line) - 1; /* the last byte is a newline or is lost: load_text() adds one */
        *end = '\0';
        char *name;
        errno = 0;
        uint64_t address = strtoumax(line, &name, 16);
        if (errno || name == line || name[0] != ' ' || !name[1] || name[2] != ' ' || !name[3])
            return error_set(e, ENOEXEC, "%s: this is neither an ELF file nor a list of symbols: line %u is not 'ADDRESS LETTER NAME'",
                             f->name, number);
        char letter = name[1];
        struct symbol add = {.address = address, .end = UINT64_MAX, .name = name + 3, .section = ""};
        add.rank = letter == 'T' ? 6 : letter == 't' ? 5 : letter >= 'A' && letter <= 'Z' ? 4 : 3;
        if (letter != 'U' && letter != 'a' && file_add(f, &add) != 0)
            return error_set(e, ENOMEM, "%s: there is not enough memory for its symbols", f->name);
    }
    return 0;
}

/* --- files */

/* A list of symbols is cut into lines and names where it lies, so it must end in a newline and a NUL: two bytes are
 * added for that. */
static int read_any(struct symbol_file *f, struct error *e)
{
    if (f->size >= 4 && memcmp(f->data, "\177ELF", 4) == 0)
        return read_elf(f, e);
    if (memchr(f->data, 0, f->size))
        return error_set(e, ENOEXEC, "%s: this is neither an ELF file nor a list of symbols", f->name);
    if (f->binding.has_text)
        return error_set(e, EINVAL, "%s: a list of symbols has no section .text to move; -o OFFSET moves all of it", f->name);
    uint8_t *text = realloc(f->data, f->size + 2);
    if (!text)
        return error_set(e, ENOMEM, "%s: there is not enough memory for its symbols", f->name);
    f->data = text;
    text[f->size] = '\n';
    text[f->size + 1] = '\0';
    if (f->size && text[f->size - 1] == '\n')
        text[f->size] = '\0';
    return read_text(f, e);
}

static void file_append(struct symbols *s, struct symbol_file *f)
{
    if (f->count)
        qsort(f->symbol, f->count, sizeof *f->symbol, by_address);
    struct symbol_file **end = &s->files;
    while (*end)
        end = &(*end)->next;
    *end = f;
}

/* Takes `data` over. NULL: there is not enough memory; then it is freed. */
static struct symbol_file *file_new(const char *name, uint8_t *data, size_t size, const struct symbols_binding *b)
{
    struct symbol_file *f = calloc(1, sizeof *f);
    char *copy = strdup(name);
    if (!f || !copy) {
        free(f);
        free(copy);
        free(data);
        return NULL;
    }
    *f = (struct symbol_file){.name = copy, .data = data, .size = size, .binding = *b};
    return f;
}

/* Takes `data` over. */
static int add(struct symbols *s, const char *name, uint8_t *data, size_t size, const struct symbols_binding *b, unsigned *count,
               struct error *e)
{
    struct symbol_file *f = file_new(name, data, size, b);
    if (!f)
        return error_set(e, ENOMEM, "%s: there is not enough memory to read it", name);
    int r = read_any(f, e);
    if (r) {
        file_free(f);
        return r;
    }
    file_append(s, f);
    *count = f->count;
    return 0;
}

/* The file's data are the names. */
int symbols_add_labels(struct symbols *s, const char *name, const struct symbol_label *label, unsigned count, uint64_t cells,
                       const struct symbols_binding *b, struct error *e)
{
    size_t size = 1, at = 0;
    for (unsigned i = 0; i < count; i++)
        size += strlen(label[i].name) + 1;
    uint8_t *data = calloc(1, size);
    struct symbol_file *f = data ? file_new(name, data, size, b) : NULL;
    int r = f ? 0 : -ENOMEM;
    for (unsigned i = 0; r == 0 && i < count; i++) {
        const struct symbol own = {.address = label[i].address, .end = cells + b->offset, .name = (char *)data + at, .section = ""};
        memcpy(data + at, label[i].name, strlen(label[i].name) + 1);
        at += strlen(label[i].name) + 1;
        r = file_add(f, &own);
    }
    if (r == 0)
        file_append(s, f);
    else if (f)
        file_free(f);
    return r ? error_set(e, ENOMEM, "%s: there is not enough memory for its labels", name) : 0;
}

int symbols_add_file(struct symbols *s, const char *path, const char *name, const struct symbols_binding *b, unsigned *count,
                     struct error *e)
{
    uint8_t *data;
    size_t size;
    int r = load_file(path, &data, &size, e);
    return r ? r : add(s, name, data, size, b, count, e);
}

int symbols_add_data(struct symbols *s, const char *name, const uint8_t *data, size_t size, const struct symbols_binding *b,
                     unsigned *count, struct error *e)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        return error_set(e, ENOMEM, "%s: there is not enough memory to read its symbols", name);
    memcpy(copy, data, size);
    return add(s, name, copy, size, b, count, e);
}

const struct symbol_file *symbols_file(const struct symbols *s, unsigned index)
{
    const struct symbol_file *f = s->files;
    while (f && index--)
        f = f->next;
    return f;
}

const char *symbol_file_name(const struct symbol_file *f) { return f->name; }
const struct symbols_binding *symbol_file_binding(const struct symbol_file *f) { return &f->binding; }
unsigned symbol_file_count(const struct symbol_file *f) { return f->count; }

bool symbol_file_fits(const struct symbol_file *f, const struct symbols_view *v)
{
    return (!f->binding.has_mode || f->binding.mode == v->mode) && (!f->binding.has_asid || f->binding.asid == v->asid);
}

/* --- looking up */

/* How many symbols begin at or before the address. */
static unsigned until(const struct symbol_file *f, uint64_t address)
{
    unsigned low = 0, high = f->count;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        if (f->symbol[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A symbol of a known size has what is in it; one without has what follows, for a page and not beyond its section. */
static bool covers(const struct symbol *s, uint64_t address)
{
    if (address == s->address)
        return true;
    return s->size ? address - s->address < s->size : address < s->end && address - s->address < UNSIZED_REACH;
}

/* The symbol before the address need not have it: a small object may lie in a large one that began earlier. Hence a look
 * at some more. */
static const struct symbol *file_at(const struct symbol_file *f, uint64_t address)
{
    unsigned n = until(f, address);
    for (unsigned i = n; i > 0 && n - i < LOOK_BACK; i--)
        if (covers(&f->symbol[i - 1], address))
            return &f->symbol[i - 1];
    return NULL;
}

uint64_t symbol_end(const struct symbol *s)
{
    if (s->size)
        return s->address + s->size;
    unsigned next = until(s->file, s->address);
    uint64_t end = next < s->file->count ? s->file->symbol[next].address : s->end;
    end = end < s->end ? end : s->end;
    return end - s->address < UNSIZED_REACH ? end : s->address + UNSIZED_REACH;
}

/* Of several files the symbol that begins nearest; at the same place a file that is bound to this mode or space knows better. */
const struct symbol *symbols_at(const struct symbols *s, uint64_t address, const struct symbols_view *v, uint64_t *offset)
{
    const struct symbol *best = NULL;
    address += v->base;
    for (const struct symbol_file *f = s->files; f; f = f->next) {
        const struct symbol *here = symbol_file_fits(f, v) ? file_at(f, address) : NULL;
        bool bound = f->binding.has_mode || f->binding.has_asid;
        if (here && (!best || here->address > best->address || (here->address == best->address && bound)))
            best = here;
    }
    if (best)
        *offset = address - best->address;
    return best;
}

unsigned symbols_named(const struct symbols *s, const char *name, const struct symbols_view *v, const struct symbol **out,
                       unsigned room)
{
    unsigned n = 0;
    for (int fits = 1; fits >= 0; fits--)
        for (const struct symbol_file *f = s->files; f; f = f->next)
            for (unsigned i = 0; symbol_file_fits(f, v) == fits && i < f->count; i++)
                if (strcmp(f->symbol[i].name, name) == 0) {
                    if (n < room)
                        out[n] = &f->symbol[i];
                    n++;
                }
    return n;
}

const struct symbol *symbols_every(const struct symbols *s, unsigned index)
{
    for (const struct symbol_file *f = s->files; f; f = f->next) {
        if (index < f->count)
            return &f->symbol[index];
        index -= f->count;
    }
    return NULL;
}

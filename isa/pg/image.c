/* image.c - cells as a whole: freed, loaded, and turned back into text. */
#include "isa/pg/cpu.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

void pg_image_free(struct pg_image *image)
{
    free(image->cell);
    free(image->label);
    *image = (struct pg_image){0};
}

/* The bound on `cell` keeps its product with 8 from coming round. */
int pg_load(struct machine *m, const struct pg_image *image, uint64_t cell)
{
    return cell > PG_CELLS_MAX ? -EFAULT : machine_store(m, cell * PG_CELL, image->cell, (size_t)image->count * PG_CELL);
}

/* Only what the assembler would make of the instruction's text is an instruction: with something in an ignored field it is a word. */
static bool is_plain(uint64_t word)
{
    unsigned row = pg_decode_row(word);
    if (row == INSN_NONE)
        return false;
    const char *format = isa_pg.rows[row].format;
    bool a = format[0] == 'A', b = a && format[1] == 'B';

    return pg_encode(row, a ? pg_operand_a(word) : 0, b ? pg_operand_b(word) : 0) == word;
}

/* What comes out, of a program of two instructions at cell 2 and one word behind a gap:
 *
 *             .org 2
 *             sub 40, 41                      ; 2
 *             jz 5, 40                        ; 3
 *             .org 40
 *             .word 0x3                       ; 40
 *
 * The last cell is written even when it is zero, so that the image has the same length again. */
int pg_disassemble(const struct pg_image *image, char **text)
{
    size_t size;
    FILE *f = open_memstream(text, &size);
    bool bad;

    if (!f)
        return -ENOMEM;
    for (unsigned i = 0; i < image->count; i++) {
        char insn[96];
        if (image->cell[i] == 0 && i + 1 < image->count)
            continue; /* the next cell that is not says where it is */
        if (i == 0 || image->cell[i - 1] == 0)
            fprintf(f, "        .org %u\n", i);
        if (is_plain(image->cell[i]))
            pg_print(&pg_word_full, image->cell[i], insn, sizeof insn);
        else
            snprintf(insn, sizeof insn, ".word 0x%llx", (unsigned long long)image->cell[i]);
        fprintf(f, "        %-32s; %u\n", insn, i);
    }
    bad = ferror(f) != 0;
    if (fclose(f) == 0 && !bad)
        return 0;
    free(*text);
    *text = NULL;
    return -ENOMEM;
}

/* view.c - see view.h. */
#include "monitor/view/view.h"

#include "isa/riscv.h"

#include <stdio.h>
#include <string.h>

const char *view_bits(uint64_t pte, char out[VIEW_BITS])
{
    static const char names[] = "DAGUXWRV";
    for (unsigned i = 0; i < 8; i++)
        out[i] = bit_get(pte, 7 - i) ? names[i] : '-';
    out[8] = '\0';
    return out;
}

const char *view_kind(enum pt_kind kind)
{
    static const char *const names[] = {[PT_READ] = "load", [PT_WRITE] = "store", [PT_FETCH] = "fetch"};
    return names[kind];
}

const char *view_level_name(const struct debugger *d, unsigned level) { return level ? d->stack->name[level] : "bare"; }

/* --- translation, by the registers */

const struct pt_format *view_format(const struct machine *m)
{
    uint64_t mode = view_csr(m, CSR_satp) >> 60;
    return mode == pt_sv39.mode ? &pt_sv39 : mode == pt_sv48.mode ? &pt_sv48 : NULL;
}

pa_t view_root(const struct machine *m) { return bits_get(view_csr(m, CSR_satp), 0, 44) << PAGE_SHIFT; }

const char *view_satp(const struct machine *m, char *out, size_t size)
{
    const struct pt_format *f = view_format(m);
    if (f)
        snprintf(out, size, "%s, root 0x%llx, ASID %u", f->name, (unsigned long long)view_root(m),
                 (unsigned)bits_get(view_csr(m, CSR_satp), 44, 16));
    else
        snprintf(out, size, "untranslated");
    return out;
}

static bool read_pte(void *ctx, pa_t pa, uint64_t *pte) { return machine_load(ctx, pa, pte, sizeof *pte) == 0; }

bool view_walk(const struct machine *m, va_t va, struct pt_walk *out)
{
    static const struct pt_access anything = {.kind = PT_READ, .sum = true, .mxr = true, .update_ad = true};
    const struct pt_format *f = view_format(m);
    memset(out, 0, sizeof *out);
    if (f)
        pt_walk(f, view_root(m), va, &anything, read_pte, (void *)(uintptr_t)(const void *)m, out);
    return f;
}

bool view_mprv(const struct machine *m)
{
    uint64_t status = view_csr(m, CSR_mstatus);
    return machine_get(m, MACHINE_MODE) == RV_M && bit_get(status, MSTATUS_MPRV) && bits_get(status, MSTATUS_MPP, 2) != RV_M;
}

uint64_t view_data_mode(const struct machine *m)
{
    return view_mprv(m) ? bits_get(view_csr(m, CSR_mstatus), MSTATUS_MPP, 2) : machine_get(m, MACHINE_MODE);
}

bool view_translates(const struct machine *m, enum pt_kind kind)
{
    return (kind == PT_FETCH ? machine_get(m, MACHINE_MODE) : view_data_mode(m)) != RV_M && view_format(m);
}

/* --- paragraphs */

void view_paragraph(const struct debugger *d, unsigned indent, const char *text)
{
    const unsigned least = 20, room = d->width > indent + least ? d->width - indent : least;
    while (*(text += strspn(text, " "))) {
        size_t n = strlen(text);
        if (n > room)
            for (n = room; n > 0 && text[n] != ' '; n--)
                ;
        n = n ? n : strcspn(text, " ");
        while (n > 1 && text[n - 1] == ' ') /* at the end of the text */
            n--;
        fprintf(d->out, "%*s%.*s\n", (int)indent, "", (int)n, text);
        text += n;
    }
}

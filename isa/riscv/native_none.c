/* native_none.c - in place of the translator, where it has no machine code to offer: on hosts other than x86-64. */
#include "isa/riscv/hot.h"

#include <errno.h>

int native_create(struct interpreter *in, size_t pages) { return (void)in, (void)pages, -ENOSYS; }
void native_destroy(struct interpreter *in) { (void)in; }
void native_decoded(struct interpreter *in, struct code_page *p, const uint16_t *slot, unsigned count, unsigned fresh)
{
    (void)in, (void)p, (void)slot, (void)count, (void)fresh;
}
void native_written(struct interpreter *in, struct code_page *p, unsigned first, unsigned last)
{
    (void)in, (void)p, (void)first, (void)last;
}
void native_about(const struct machine *m, struct about_decoded *out) { (void)m, (void)out; }
void native_dropped(struct interpreter *in, struct code_page *p) { (void)in, (void)p; }
bool native_translated(const struct machine *m, pa_t pa) { return (void)m, (void)pa, false; }
int native_stretch(const struct machine *m, pa_t pa, struct about_stretch *out) { return (void)m, (void)pa, (void)out, -ENOENT; }

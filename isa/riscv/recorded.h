/* recorded.h - the way to control state for code that executes instructions: each access is noted in the record of what a run touched.
 *
 *   hart_read(h, name)       the value is used
 *   hart_check(h, name)      it decides only whether the instruction may do what it does (isa/machine.h: TOUCH_*)
 *   hart_write(h, name, v)   it is changed
 *
 * For bodies there is no other (control.h). Included by state.h.
 */
#ifndef TRAPEZE_ISA_RISCV_RECORDED_H
#define TRAPEZE_ISA_RISCV_RECORDED_H

/* Where a word lies in struct hart. */
enum hart_place {
#ifdef HART_SEALED
#define PLACE(name, noted_as) HART_PLACE_##name = offsetof(struct hart, sealed_words) + 8 * HART_WORD_##name,
    HART_PLACE_mode = offsetof(struct hart, sealed_mode),
#else
#define PLACE(name, noted_as) HART_PLACE_##name = offsetof(struct hart, name),
    HART_PLACE_mode = offsetof(struct hart, mode),
#endif
    HART_WORDS(PLACE)
#undef PLACE
};

static inline void hart_note(uint64_t *set, unsigned reg) { set[reg / 64] |= UINT64_C(1) << reg % 64; }

#ifdef HART_SEALED
#define WORD_OF(h, name) (*(uint64_t *)(void *)((char *)(h) + HART_PLACE_##name))
#else
#define WORD_OF(h, name) ((h)->name)
#endif
#define RECORDED(type, name, noted_as, place)                                                                                         \
    static inline type hart_read_##name(struct hart *h)                                                                               \
    {                                                                                                                                 \
        hart_note(h->touched.read, HART_##noted_as);                                                                                  \
        return place;                                                                                                                 \
    }                                                                                                                                 \
    static inline type hart_check_##name(struct hart *h)                                                                              \
    {                                                                                                                                 \
        hart_note(h->touched.check, HART_##noted_as);                                                                                 \
        return place;                                                                                                                 \
    }                                                                                                                                 \
    static inline void hart_write_##name(struct hart *h, type v)                                                                      \
    {                                                                                                                                 \
        hart_note(h->touched.write, HART_##noted_as);                                                                                 \
        place = v;                                                                                                                    \
    }
#define RECORDED_WORD(name, noted_as) RECORDED(uint64_t, name, noted_as, WORD_OF(h, name))
RECORDED_WORD(mode, mode)
HART_WORDS(RECORDED_WORD)
RECORDED(uint8_t, frm, frm, h->frm)
RECORDED(uint8_t, fflags, fflags, h->fflags)

#define hart_read(h, name) hart_read_##name(h)
#define hart_check(h, name) hart_check_##name(h)
#define hart_write(h, name, v) hart_write_##name(h, v)

/* mstatus.FS, which is a matter of its own: what programs do to it is no secret from them. */
static inline bool hart_fs_check(struct hart *h)
{
    hart_note(h->touched.check, HART_fs);
    return WORD_OF(h, mstatus) >> MSTATUS_FS & 3;
}
static inline void hart_fs_dirty(struct hart *h)
{
    hart_note(h->touched.write, HART_fs);
    WORD_OF(h, mstatus) |= 3 << MSTATUS_FS;
}

/* Mere storage: a word by its place. */
static inline uint64_t hart_read_at(struct hart *h, unsigned reg, unsigned place)
{
    hart_note(h->touched.read, reg);
    return *(const uint64_t *)(const void *)((const char *)h + place);
}
static inline void hart_write_at(struct hart *h, unsigned reg, unsigned place, uint64_t v)
{
    hart_note(h->touched.write, reg);
    *(uint64_t *)(void *)((char *)h + place) = v;
}

#undef WORD_OF
#undef RECORDED
#undef RECORDED_WORD

#endif

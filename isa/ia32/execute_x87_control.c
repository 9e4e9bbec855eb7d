/* execute_x87_control.c - floating-point control: the words, the environment, the whole state, and the pointer to the top of the stack.
 *
 * Those whose name begins with fn do not look for pending exceptions; none of control changes the pointers to the last instruction.
 */
#include "isa/ia32/execute_x87.h"

/* 7 steps up are one down: TOP has three bits. Nothing is pushed or popped, tags stay. */
static void turn(struct ia_x87 *f, unsigned by)
{
    x87_top_set(f, x87_top(f) + by);
    f->status &= (uint16_t)~X87_C1;
}
STACK_BODY(fincstp, turn(&c->fpu, 1))
STACK_BODY(fdecstp, turn(&c->fpu, 7))
STACK_BODY(ffree, x87_free(&c->fpu, i->rm), turn(&c->fpu, 0))
STACK_BODY(ffreep, x87_free(&c->fpu, i->rm), x87_pop(&c->fpu), turn(&c->fpu, 0))
STACK_BODY(fnop, (void)0)

/* WAIT is not of the unit: CR0.EM does not concern it, and CR0.TS only with MP [SDM 3A table 2-2]. */
BODY(fwait)
{
    (void)i;
    if ((c->cr0 & (CR0_MP | CR0_TS)) == (CR0_MP | CR0_TS))
        return ia_raise(c, IA_NM, REASON_RESOURCE, false, 0, 0);
    X87_WAIT_OR_LEAVE;
    return true;
}

/* An error that was pending is over, and FERR# with it: x87_answered() tells the board. */
BODY(fninit)
{
    (void)i;
    if (!x87_available(c))
        return false;
    const bool error = c->fpu.status & X87_ES;
    x87_init(&c->fpu);
    x87_answered(c, error);
    return true;
}

BODY(fnclex)
{
    (void)i;
    if (!x87_available(c))
        return false;
    const bool error = c->fpu.status & X87_ES;
    x87_clear(&c->fpu);
    x87_answered(c, error);
    return true;
}

BODY(fldcw)
{
    uint64_t control;
    X87_BEGIN_OR_LEAVE;
    if (!ia_load(c, i->seg, ia_address(c, i), 2, &control))
        return false;
    const bool error = c->fpu.status & X87_ES;
    x87_control_set(&c->fpu, (uint16_t)control);
    x87_answered(c, error);
    return true;
}

BODY(fnstcw) { return x87_available(c) && ia_store(c, i->seg, ia_address(c, i), 2, c->fpu.control); }
BODY(fnstsw_m16) { return x87_available(c) && ia_store(c, i->seg, ia_address(c, i), 2, c->fpu.status); }

BODY(fnstsw_ax)
{
    (void)i;
    if (!x87_available(c))
        return false;
    ia_reg_set(c, IA_EAX, 2, c->fpu.status);
    return true;
}

/* --- Images in memory: of 14 or 28 bytes by the operand size, and of 80 more */

enum { IMAGE = X87_ENV_32 + X87_REGISTERS };

static unsigned environment_size(const ia_insn *i) { return i->opsize == 4 ? X87_ENV_32 : X87_ENV_16; }

/* Word by word, after the whole was probed: images are of 14, 28, 94 or 108 bytes, and may lie across two pages. */
static bool image_load(struct ia_cpu *c, const ia_insn *i, uint8_t *image, unsigned size)
{
    const uint32_t at = ia_address(c, i);
    if (!ia_probe(c, i->seg, at, size, false))
        return false;
    for (unsigned n = 0; n < size; n += 2) {
        uint64_t word;
        if (!ia_load(c, i->seg, at + n, 2, &word))
            return false;
        image[n] = (uint8_t)word;
        image[n + 1] = (uint8_t)(word >> 8);
    }
    return true;
}

static bool image_store(struct ia_cpu *c, const ia_insn *i, const uint8_t *image, unsigned size)
{
    const uint32_t at = ia_address(c, i);
    if (!ia_probe(c, i->seg, at, size, true))
        return false;
    for (unsigned n = 0; n < size; n += 2)
        if (!ia_store(c, i->seg, at + n, 2, image[n] | (uint64_t)image[n + 1] << 8))
            return false;
    return true;
}

/* A status word with an exception that the control word does not mask makes ES, and the next instruction that waits
 * finds it. */
static void environment_load(struct ia_cpu *c, const ia_insn *i, const uint8_t *image)
{
    x87_env_load(&c->fpu, image, i->opsize == 4, ia_is_paragraphs(c));
    c->fpu.fcs &= c->x87_selectors;
    c->fpu.fds &= c->x87_selectors;
}

/* Having stored its environment, the unit has all exceptions masked, those that are pending too. */
BODY(fnstenv)
{
    uint8_t image[X87_ENV_32];
    if (!x87_available(c))
        return false;
    x87_env_store(&c->fpu, image, i->opsize == 4, ia_is_paragraphs(c));
    if (!image_store(c, i, image, environment_size(i)))
        return false;
    const bool error = c->fpu.status & X87_ES;
    x87_control_set(&c->fpu, c->fpu.control | X87_EXCEPTIONS);
    x87_answered(c, error);
    return true;
}

BODY(fldenv)
{
    uint8_t image[X87_ENV_32];
    X87_BEGIN_OR_LEAVE;
    if (!image_load(c, i, image, environment_size(i)))
        return false;
    const bool error = c->fpu.status & X87_ES;
    environment_load(c, i, image);
    x87_answered(c, error);
    return true;
}

BODY(fnsave)
{
    uint8_t image[IMAGE];
    const unsigned environment = environment_size(i);
    if (!x87_available(c))
        return false;
    x87_env_store(&c->fpu, image, i->opsize == 4, ia_is_paragraphs(c));
    x87_registers_store(&c->fpu, image + environment);
    if (!image_store(c, i, image, environment + X87_REGISTERS))
        return false;
    const bool error = c->fpu.status & X87_ES;
    x87_init(&c->fpu);
    x87_answered(c, error);
    return true;
}

BODY(frstor)
{
    uint8_t image[IMAGE];
    const unsigned environment = environment_size(i);
    X87_BEGIN_OR_LEAVE;
    if (!image_load(c, i, image, environment + X87_REGISTERS))
        return false;
    const bool error = c->fpu.status & X87_ES;
    environment_load(c, i, image);
    x87_answered(c, error);
    x87_registers_load(&c->fpu, image + environment);
    return true;
}

/* mutant.h - which of the planted faults is awake: the number in TRAPEZE_MUTANT, read before main(). The build of the mutants puts this
 * before every source; each copy of it is the same variable. */
#ifndef TRAPEZE_MUTANT_H
#define TRAPEZE_MUTANT_H

/* As <stdlib.h> has them, which some sources include only after they have said what they want of it. */
char *getenv(const char *);
int atoi(const char *);

__attribute__((weak)) int trapeze_mutant = 0;

__attribute__((weak, constructor)) void trapeze_mutant_choose(void);
__attribute__((weak, constructor)) void trapeze_mutant_choose(void)
{
    const char *number = getenv("TRAPEZE_MUTANT");
    trapeze_mutant = number ? atoi(number) : 0;
}

#endif

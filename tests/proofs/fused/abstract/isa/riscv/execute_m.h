/* Its rows are in execute_i.h here. */

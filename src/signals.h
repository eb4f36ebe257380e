/* Names of signals, without "SIG". */
#ifndef ORUN_SIGNALS_H
#define ORUN_SIGNALS_H

/* 0 when there is none of that name. */
int orun_signal_number(const char *name);
/* NULL for a number without a name. */
const char *orun_signal_name(int number);

#endif

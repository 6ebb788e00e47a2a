/* What sanitizers do in every program of such a build, whatever environment it was started with: a report goes to a file, where
   script/sanitize finds it, since a child's standard error may lead anywhere; and the first one ends the process. */
const char* __asan_default_options(void);
const char* __ubsan_default_options(void);

/* Defined by a program that dies by signals on order, before its main too: such a death is no finding. */
extern const int dies_by_order __attribute__((weak));

#define OPTIONS "detect_leaks=1:abort_on_error=1:log_path=" REPORTS "/asan"

const char* __asan_default_options(void) {
  return &dies_by_order ? OPTIONS ":handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0" : OPTIONS;
}

const char* __ubsan_default_options(void) {
  return "print_stacktrace=1:halt_on_error=1:log_path=" REPORTS "/ubsan";
}

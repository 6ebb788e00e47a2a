/* What sanitizers do in every program of such a build, whatever environment it was started with: a report goes to a file, where
   script/sanitize finds it, since a child's standard error may lead anywhere; and the first one ends the process. */
const char* __asan_default_options(void);
const char* __ubsan_default_options(void);

const char* __asan_default_options(void) {
  return "detect_leaks=1:abort_on_error=1:log_path=" REPORTS "/asan";
}

const char* __ubsan_default_options(void) {
  return "print_stacktrace=1:halt_on_error=1:log_path=" REPORTS "/ubsan";
}

/* A program that ends by _Exit writes no counters by itself: linked with --wrap=_Exit, it does. _exit is left alone: it ends
   children that share their parent's memory. */
void __gcov_dump(void);
void __real__Exit(int code) __attribute__((noreturn));
void __wrap__Exit(int code) __attribute__((noreturn));

void __wrap__Exit(int code) {
  __gcov_dump();
  __real__Exit(code);
}

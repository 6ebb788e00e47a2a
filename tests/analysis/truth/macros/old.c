/* Functions as they were written before 1989. */
char *
find_path(name, flags)
     const char *name;
     PATH_FLAGS *flags;
{
  return search(name, flags);
}

add(a, b)
  int a;
  TYPE *b;
{
  return a + b->count;
}

main()
{
  return add(1, 0);
}

TEST_BEGIN(spin) {
  add(1, 0);
}
TEST_END
int behind;
static int table[2] __attribute__((unused)) = { 1, 2 };

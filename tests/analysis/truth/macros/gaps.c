/* What the grammar of C does not know. */

typedef _Complex float pair;
double _Complex root(double _Complex z);
struct bits { int : 32; int x : 3, : 2, y : 1; u32 : 4; unsigned : 0; };
int after(void) { return 1; }

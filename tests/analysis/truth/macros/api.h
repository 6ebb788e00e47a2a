/* Macros where no grammar expects a word. */
#define EXTERN_C_BEGIN extern "C" {
#define declare_pair(name) int name##_first(void); int name##_second(void);

__BEGIN_DECLS

/** The version. */
API_EXPORT int API_CALL version(void) API_NOTHROW;
API const char * API_CALL name_of(int code, _Unused char *out, int size UNUSED) __nonnull((2)) API_PURE;
extern long old_prototype PARAMS((void));
extern API_RESULT(int) COLOR_PAIR (int);
API_RESULT(int) wrapped(int a) lower_attribute other_attribute(1);
static api_unused api_inline int INLINED(unsigned long code) { return (int)code; }
STACK_OF(Item) *items(const STACK_OF(Item) *from);
typedef STACK_OF(Item) ITEM_STACK;
typedef void (API_CALL *handler)(int code);
void (API_CALL *on_error)(int) API_NOTHROW;
API void (in_brackets)(int);
void PREFIX_(prefixed)(int a);
DECLARE_LIST(Item)
DECLARE_TABLE(Item)
declare_pair(point)
struct API_EXPORT settings {
  int size API_ALIGNED(8);
  void (*run) PARAMS((int a));
} API_PACKED;
enum level { LOW API_DEPRECATED("no"), HIGH = 2, LAST_MARK(HIGH) };
/** Behind a line of macros. */
API_DEPRECATED("use version")
int former(void);

__END_DECLS

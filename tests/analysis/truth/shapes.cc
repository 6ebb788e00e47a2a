// Shapes of every form that a definition can have.
#include <vector>
#include "shapes.h"

#define SIDES 4
/// Doubles.
#define TWICE(x) (check(x) \
                  + (x))

namespace geo::flat {
inline namespace v1 {

/** A point.
 *
 *  In the plane.
 */
struct Point {
  int x = 0;  // to the right
  int y = 0;  ///< upward
  static constexpr int dimensions = 2;
};

enum class Colour : unsigned char { red, green = 2, /* as grass */ blue };

template <class T, int N = SIDES>
class Polygon : public Base<T>, private util::Counted {
 public:
  using Value = T;
  Polygon();
  explicit Polygon(const T& value, int count = N) : Base<T>(value), count_(count) {}
  ~Polygon() override;
  Polygon& operator=(const Polygon& other) = delete;
  bool operator==(const Polygon& other) const { return count_ == other.count_; }
  operator bool() const { return count_ > 0; }
  virtual double area() const = 0;
  template <class F>
  void each(F&& f) { for (auto& p : points_) f(p); }
  friend bool same(const Polygon& a, const Polygon& b) { return a == b; }
  friend class Drawer;

 protected:
  class Corner;
  union {
    int whole;
    float part;
  };

 private:
  int count_, *sides_;
  void (*on_change_)(int);
  std::vector<Point> points_;
};

template <class T, int N>
Polygon<T, N>::Polygon() : count_(0) {
  reset<T>(this->count_);
}

template <class T, int N>
Polygon<T, N>::~Polygon() {}

template <>
struct Polygon<int, 3>::Corner {
  Point at;
};

template <class T>
concept Shape = requires(T t) { t.area(); };

}  // namespace v1

namespace {
const double pi = 3.14;
int counter;
}  // namespace

extern int shared;
int shared = 1;
const char* const names[] = {"a", "b"};
const char* mutable_name = nullptr;
auto twice = [](int n) { return TWICE(n); };

// Finds the one.
int* find(Point** points, int (&row)[3], Point (*make)(int)) {
  auto local = [&](int i) { return points[i]; };
  struct Pair { int a; int second() { return a; } };
  try {
    if (points && *points) return &local(row[0])->x;
    else if (make) return &make(1).y;
  } catch (const std::exception& error) {
    log(error.what());
  } catch (...) {
  }
  return nullptr;
}

void (*handler(int number))(int);
Colour colour_of(Point);

}  // namespace geo::flat

bool geo::flat::operator<(const Point& a, const Point& b) { return a.x < b.x; }

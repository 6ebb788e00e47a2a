// C++ through macros, and what the grammar has no rule for.

EXPORT_NAMESPACE_BEGIN
namespace ui VISIBLE(default) {
INLINE_NAMESPACE_BEGIN

class Style;
class UI_EXPORT Widget UI_FINAL : public Base {
  UI_OBJECT(Widget)
 public UI_SLOTS:
  UI_EXPORT explicit Widget(int size) : size_(size) {}
  UI_EXPORT ~Widget() {}
  UI_EXPORT operator bool() const UI_NOEXCEPT { return size_ > 0; }
  UI_NODISCARD UI_CONSTEXPR int size() const UI_NOEXCEPT_IF(true) { return size_; }
  [[nodiscard]] friend bool operator==(const Widget& a, const Widget& b) { return a.size_ == b.size_; }
  Parts Widget::*parts() { return &Widget::parts_; }
  void resize(const Style* = nullptr, int& = fallback);
  bool same(const Widget& other) const { return this->operator!=(other) || !operator==(other, *this); }
  NO_COPY(Widget);
 UI_SIGNALS:
  void resized(int to);

 private:
  int size_ GUARDED_BY(mutex_) = 0;
  std::vector<int> parts_ UI_GUARDED_BY(mutex_);
  UI_OBJECT_END
};

template <class T, class Pointer = T*, class Reference = T&>
UI_CONSTEXPR Pointer find(T& in) UI_NOEXCEPT { CHECK_RANGE(in) return in.first; }
Number auto twice(Number auto x) { return x + x; }
extern template class Box<Widget>;
using Size UI_DEPRECATED("use int") = int;
enum UI_EXPORT Mode : unsigned { plain, rich };

INLINE_NAMESPACE_END
}
TEST(WidgetTest, grows) { resize(1); }
TEST_CASE("a widget shrinks", "[ui]") { resize(0); }
ACTION_P(Return, value) { return value; }

#include "common/json.h"

#include <fmt/format.h>

#include <vector>

namespace ca {

namespace {

// Builds the value from the parser's events. An event that returns false ends the parse.
template <class Value>
class TreeBuilder final : public nlohmann::json_sax<Value> {
 public:
  using Text = typename Value::string_t;

  bool null() override { return add(nullptr) != nullptr; }
  bool boolean(bool value) override { return add(value) != nullptr; }
  bool number_integer(typename Value::number_integer_t value) override { return add(value) != nullptr; }
  bool number_unsigned(typename Value::number_unsigned_t value) override { return add(value) != nullptr; }
  bool number_float(typename Value::number_float_t value, const Text&) override { return add(value) != nullptr; }
  bool string(Text& value) override { return add(std::move(value)) != nullptr; }
  bool binary(typename Value::binary_t&) override { return false; }  // exists in other formats only

  bool start_object(std::size_t) override { return open(Value::object()); }
  bool start_array(std::size_t) override { return open(Value::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(Text& name) override {
    Value& object = *open_.back();
    member_ = &object[std::move(name)];
    if (object.size() <= json_member_limit) return true;
    error_ = fmt::format("an object has more than {} members", json_member_limit);
    return false;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    error_ = fmt::format("not JSON at byte {}", position);
    return false;
  }

  Result<Value> take() {
    if (!error_.empty()) return failure(std::move(error_));
    return std::move(root_);
  }

 private:
  // Puts the value in the place that is due: the root, the member whose key came last, or behind an array's elements.
  Value* add(Value value) {
    Value* place = &root_;
    if (!open_.empty() && open_.back()->is_array()) {
      open_.back()->push_back(std::move(value));
      return &open_.back()->back();
    }
    if (!open_.empty()) place = member_;
    *place = std::move(value);
    return place;
  }

  bool open(Value container) {
    if (open_.size() >= json_depth_limit) {
      error_ = fmt::format("nested deeper than {} levels", json_depth_limit);
      return false;
    }
    open_.push_back(add(std::move(container)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  Value root_;
  std::vector<Value*> open_;  // containers that are not ended: none of them moves, because only the last one grows
  Value* member_ = nullptr;
  std::string error_;
};

}  // namespace

template <class Value>
Result<Value> parse_json(std::string_view text, std::size_t max_bytes) {
  if (text.size() > max_bytes) return failure(fmt::format("longer than {} bytes", max_bytes));
  TreeBuilder<Value> builder;
  Value::sax_parse(text, &builder);  // a refusal is the builder's error
  return builder.take();
}

template Result<Json> parse_json(std::string_view, std::size_t);
template Result<nlohmann::json> parse_json(std::string_view, std::size_t);

}  // namespace ca

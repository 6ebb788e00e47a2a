#include "supervisor/config/scalar_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "common/check.h"
#include "common/posix.h"
#include "supervisor/config/checker.h"
#include "supervisor/config/text_values.h"

namespace ca::config {
namespace {

std::string shown(const Key& key, const Scalar& scalar) {
  if (scalar.is_null) return "nothing";
  return key.trait == Trait::secret ? "something else" : quote(scalar.text);
}

tl::unexpected<Error> unexpected_value(const Key& key, const Scalar& scalar) {
  return failure(fmt::format("{}: expected {}, found {}", key.name, expectation(key), shown(key, scalar)));
}

tl::unexpected<Error> out_of_range(const Key& key, const Scalar& scalar) {
  return failure(fmt::format("{}: {} is out of range: {}", key.name, scalar.text, range_text(key)));
}

std::optional<std::int64_t> parse_number(const Key& key, const Scalar& scalar) {
  switch (key.type) {
    case Type::duration: return parse_duration(scalar.text);
    case Type::size: return parse_size(scalar.text);
    case Type::octal: return parse_octal(scalar.text);
    default: return scalar.plain ? parse_integer(scalar.text) : std::nullopt;  // in quotes it is text
  }
}

bool may_be_empty(const Key& key) {
  return key.trait == Trait::computed || (key.trait != Trait::required && key.default_text.empty());
}

Status read_text(const Key& key, const Scalar& scalar, const std::string& folder, Value& value) {
  const bool is_other_type =
      scalar.plain && !scalar.is_null && (looks_like_number(scalar.text) || looks_like_boolean(scalar.text));
  if (is_other_type) {
    const std::string hint = key.trait == Trait::secret ? "" : fmt::format("; write \"{}\" in quotes", scalar.text);
    return failure(fmt::format("{}: expected text, found {}{}", key.name,
                               looks_like_number(scalar.text) ? "a number" : "a truth value", hint));
  }
  if ((scalar.is_null || scalar.text.empty()) && !may_be_empty(key)) {
    return failure(fmt::format("{}: a value is missing", key.name));
  }
  const std::string text = scalar.is_null ? "" : scalar.text;
  value.text = key.type == Type::path ? absolute_path(text, folder) : text;
  return {};
}

Status read_choice(const Key& key, const Scalar& scalar, Value& value) {
  const std::vector<std::string_view> words = choices(key);
  if (std::find(words.begin(), words.end(), scalar.text) != words.end()) {
    value.text = scalar.text;
    return {};
  }
  const auto meant = nearest(scalar.text, words);
  const std::string hint = meant ? fmt::format("; did you mean \"{}\"?", *meant) : "";
  return failure(unexpected_value(key, scalar).value().message + hint);
}

Status read_signal(const Key& key, const Scalar& scalar, Value& value) {
  const bool none = scalar.is_null || scalar.text.empty();
  if (none && !key.default_text.empty()) return unexpected_value(key, scalar);
  const int number = none ? 0 : signal_number(scalar.text);
  if (!none && number == 0) return unexpected_value(key, scalar);
  if (number == SIGSTOP) return failure(fmt::format("{}: {} only holds a process up", key.name, scalar.text));
  value.number = number;
  return {};
}

Status read_real(const Key& key, const Scalar& scalar, Value& value) {
  const auto number = scalar.plain ? parse_real(scalar.text) : std::nullopt;
  if (!number) return unexpected_value(key, scalar);
  if (*number < static_cast<double>(key.min) || *number > static_cast<double>(key.max)) return out_of_range(key, scalar);
  value.real = *number;
  return {};
}

Status read_boolean(const Key& key, const Scalar& scalar, Value& value) {
  const auto flag = scalar.plain ? parse_boolean(scalar.text) : std::nullopt;
  if (!flag) return unexpected_value(key, scalar);
  value.number = *flag ? 1 : 0;
  return {};
}

}  // namespace

Result<std::int64_t> read_number(const Key& key, const Scalar& scalar) {
  const auto number = parse_number(key, scalar);
  if (!number) return unexpected_value(key, scalar);
  if (*number < key.min || *number > key.max) return out_of_range(key, scalar);
  return *number;
}

Status read_scalar(const Key& key, const Scalar& scalar, const std::string& folder, Value& value) {
  switch (key.type) {
    case Type::text:
    case Type::path: return read_text(key, scalar, folder, value);
    case Type::boolean: return read_boolean(key, scalar, value);
    case Type::real: return read_real(key, scalar, value);
    case Type::signal: return read_signal(key, scalar, value);
    case Type::choice: return read_choice(key, scalar, value);
    default: break;
  }
  const auto number = read_number(key, scalar);
  if (!number) return tl::unexpected(number.error());
  value.number = *number;
  return {};
}

void set_to_default(const Key& key, const std::string& folder, Value& value) {
  const bool has_default = key.trait != Trait::computed && key.trait != Trait::required && !key.default_text.empty();
  if (!has_default) return;
  const Scalar scalar{std::string(key.default_text), key.type != Type::text && key.type != Type::path, false};
  if (key.type == Type::integers) {
    const auto number = read_number(key, scalar);
    CA_CHECK(number.has_value());
    value.numbers = {*number};
    return;
  }
  CA_CHECK(read_scalar(key, scalar, folder, value).has_value());
}

bool is_default(const Key& key, const std::string& folder, const Value& value) {
  const bool no_number = key.type != Type::text && key.type != Type::path && key.default_text.empty();
  if (no_number) return false;
  Value other;
  set_to_default(key, folder, other);
  return other.text == value.text && other.number == value.number;
}

std::string expectation(const Key& key) {
  switch (key.type) {
    case Type::text:
    case Type::path:
    case Type::words:
    case Type::variables: return "text";
    case Type::boolean: return "true or false";
    case Type::integer:
    case Type::integers: return "a whole number";
    case Type::real: return "a number";
    case Type::duration: return "a duration with its unit, such as 250ms, 30s, 5m or 1h";
    case Type::size: return "a size with its unit, such as 512KiB, 64MiB or 2GiB";
    case Type::octal: return "an octal number such as \"0755\"";
    case Type::signal: return "a signal such as TERM";
    case Type::choice: return fmt::format("one of {}", fmt::join(choices(key), ", "));
    case Type::section: return "a map";
    case Type::sections: return "a list";
  }
  return "";
}

}  // namespace ca::config

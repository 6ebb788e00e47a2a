#include "supervisor/config/settings.h"

#include "common/check.h"

namespace ca::config {

Value& Settings::at(std::string_view name) {
  const auto found = values_.find(name);
  CA_CHECK(found != values_.end());
  return found->second;
}

const Value& Settings::at(std::string_view name) const { return const_cast<Settings*>(this)->at(name); }

Settings& Settings::section(std::string_view name) {
  Value& value = at(name);
  CA_CHECK(value.sections.size() == 1);
  return value.sections.front();
}

const Settings& Settings::section(std::string_view name) const { return const_cast<Settings*>(this)->section(name); }

std::vector<std::string> Settings::words(std::string_view name) const {
  std::vector<std::string> texts;
  for (const Word& word : at(name).words) texts.push_back(word.text);
  return texts;
}

void Settings::set(std::string_view name, Value value) {
  const Key* key = find_key(*schema_, name);
  CA_CHECK(key != nullptr);
  values_.insert_or_assign(key->name, std::move(value));
}

}  // namespace ca::config

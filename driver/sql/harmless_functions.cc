#include "driver/sql/harmless_functions.h"

#include "common/check.h"

namespace ca::driver {

namespace {

constexpr std::size_t slot_count = 4096;  // a power of two, more than twice the number of names

std::size_t slot_of(std::string_view name) noexcept {
  std::uint32_t hash = 2166136261u;  // FNV-1a: names are short
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return (hash ^ (hash >> 15)) % slot_count;
}

}  // namespace

HarmlessFunctions::HarmlessFunctions(const std::vector<std::string>& own)
    : slots_(slot_count), own_(own.begin(), own.end()) {
  const auto names = harmless_builtins();
  CA_CHECK(names.size() * 2 < slot_count);
  for (std::size_t at = 0; at < names.size(); ++at) {
    std::size_t slot = slot_of(names[at]);
    while (slots_[slot] != 0) slot = (slot + 1) % slot_count;
    slots_[slot] = static_cast<std::uint16_t>(at + 1);
  }
}

bool HarmlessFunctions::is_builtin(std::string_view name) const noexcept {
  const auto names = harmless_builtins();
  for (std::size_t slot = slot_of(name); slots_[slot] != 0; slot = (slot + 1) % slot_count) {
    if (names[slots_[slot] - 1u] == name) return true;
  }
  return false;
}

bool HarmlessFunctions::only_reads(std::string_view schema, std::string_view name) const {
  for (const std::string_view writer :
       {"nextval", "setval", "pg_notify", "lo_creat", "lo_create", "lo_from_bytea", "lo_put", "lo_unlink"}) {
    if (name == writer) return false;
  }
  return (schema.empty() || schema == "pg_catalog" || schema == "information_schema") && is_builtin(name);
}

bool HarmlessFunctions::contains(std::string_view schema, std::string_view name) const {
  if ((schema.empty() || schema == "pg_catalog" || schema == "information_schema") && is_builtin(name)) return true;
  if (own_.empty()) return false;
  if (own_.find(name) != own_.end()) return true;
  return !schema.empty() && own_.find(std::string(schema) + '.' + std::string(name)) != own_.end();
}

}  // namespace ca::driver

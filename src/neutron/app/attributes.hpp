// Reading the attributes of a request: what is there has been validated, so a wrong type counts as
// absent.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace neutron::app {

// The attributes of a request's body, validated, converted and with defaults. In an update only
// what changes.
using Attributes = base::JsonObject;

[[nodiscard]] inline bool has(const Attributes& attributes, std::string_view name) {
  return attributes.if_contains(name) != nullptr;
}
// "" if absent or null.
[[nodiscard]] inline std::string text(const Attributes& attributes, std::string_view name) {
  const base::Json* value = attributes.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}
[[nodiscard]] inline bool flag(const Attributes& attributes, std::string_view name) {
  const base::Json* value = attributes.if_contains(name);
  return value && value->is_bool() && value->get_bool();
}
[[nodiscard]] inline std::optional<int64_t> integer(const Attributes& attributes,
                                                    std::string_view name) {
  const base::Json* value = attributes.if_contains(name);
  if (!value || !value->is_int64()) return std::nullopt;
  return value->get_int64();
}
[[nodiscard]] inline std::vector<std::string> texts(const Attributes& attributes,
                                                    std::string_view name) {
  std::vector<std::string> result;
  const base::Json* value = attributes.if_contains(name);
  if (!value || !value->is_array()) return result;
  for (const base::Json& item : value->get_array())
    if (item.is_string()) result.emplace_back(item.get_string());
  return result;
}
// JSON text of a list; "[]" if absent or null.
[[nodiscard]] inline std::string list_text(const Attributes& attributes, std::string_view name) {
  const base::Json* value = attributes.if_contains(name);
  return value && value->is_array() ? base::to_text(*value) : std::string("[]");
}

// Overwrites `field` if the attribute is there.
inline void assign(std::string& field, const Attributes& attributes, std::string_view name) {
  if (has(attributes, name)) field = text(attributes, name);
}
inline void assign(bool& field, const Attributes& attributes, std::string_view name) {
  if (has(attributes, name)) field = flag(attributes, name);
}
inline void assign_list(std::string& field, const Attributes& attributes, std::string_view name) {
  if (has(attributes, name)) field = list_text(attributes, name);
}

}  // namespace neutron::app

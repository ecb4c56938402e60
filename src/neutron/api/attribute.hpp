// Attribute maps, as neutron_lib.api.definitions has them: what may be sent, how it is checked and
// converted, by what one may filter and sort. Handlers only see what has passed.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "neutron/app/attributes.hpp"
#include "openstack/api.hpp"

namespace neutron::api {

using app::Attributes;

// The reason why a value is refused; nullopt if it is fine.
using Validator = std::optional<std::string> (*)(const base::Json& value);
// Throws base::Error for what can not be converted.
using Converter = base::Json (*)(const base::Json& value);

enum class Kind { text, boolean, integer, time };

struct Attribute {
  std::string_view name;
  bool post = false;  // may be sent when creating
  bool put = false;   // may be changed
  // JSON text of what a create without it means. Empty: the attribute then is absent.
  std::string_view default_value = {};
  bool required = false;  // a create must have it
  Validator validate = nullptr;
  Converter convert = nullptr;
  // Column to filter and sort by; empty: neither.
  std::string_view column = {};
  Kind kind = Kind::text;
};

// A resource of the API as data.
struct ResourceType {
  std::string_view singular;   // "security_group": key of a body, and of its policy rules
  std::string_view plural;     // "security_groups"
  std::string_view path;       // "/security-groups"
  std::string_view item_path;  // "/security-groups/{id}"
  std::string_view table;
  std::span<const Attribute> attributes;
  bool updatable = true;
};

[[nodiscard]] const Attribute* find_attribute(const ResourceType& type, std::string_view name);

// What a create asked for.
struct CreateBody {
  bool bulk = false;  // {"networks": [...]}
  std::vector<Attributes> items;
  // Names that the client itself gave, of each item: only these need a right of their own.
  std::vector<std::vector<std::string_view>> given;
};

// Throws base::Error(bad_request) with Neutron's words.
[[nodiscard]] CreateBody read_create_body(const ResourceType& type,
                                          const openstack::ApiRequest& request);
[[nodiscard]] Attributes read_update_body(const ResourceType& type,
                                          const openstack::ApiRequest& request);

}  // namespace neutron::api

#include "glance/api/image_patch.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "glance/api/image_attributes.hpp"

namespace glance::api {
namespace {

using base::Error;
using base::ErrorKind;
using base::Json;

constexpr std::string_view kPatch20 = "application/openstack-images-v2.0-json-patch";
constexpr std::string_view kPatch21 = "application/openstack-images-v2.1-json-patch";
constexpr std::string_view kLocations = "locations";
constexpr std::array<std::string_view, 3> kOperations{"add", "replace", "remove"};

struct Operation {
  std::string name;
  std::string path;  // its first token: the attribute
  std::string part;  // its second token, of locations only
  const Json* value = nullptr;
};

[[noreturn]] void malformed(std::string message) {
  throw Error(ErrorKind::bad_request, std::move(message));
}

// RFC 6901: its reference tokens, unescaped.
std::vector<std::string> tokens_of(std::string_view pointer) {
  if (!pointer.starts_with('/') || pointer.size() == 1)
    malformed(fmt::format("Pointer `{}` does not start with \"/\".", pointer));
  if (pointer.ends_with('/')) malformed(fmt::format("Pointer `{}` end with \"/\".", pointer));
  std::vector<std::string> tokens;
  for (const std::string_view part : base::split(pointer.substr(1), '/')) {
    if (base::trim(part).empty())
      malformed(fmt::format("Pointer `{}` contains adjacent \"/\".", pointer));
    std::string token = base::replace_all(std::string(base::trim(part)), "~1", "/");
    tokens.push_back(base::replace_all(std::move(token), "~0", "~"));
  }
  return tokens;
}

// Only locations have parts that may be named.
void set_path(Operation& operation, std::string_view pointer) {
  const auto tokens = tokens_of(pointer);
  const bool parts = tokens.front() == kLocations && operation.name != "replace";
  if (tokens.size() != (parts ? 2U : 1U))
    malformed(
        fmt::format("Invalid JSON pointer for this resource: '/{}'", base::join(tokens, "/")));
  operation.path = tokens.front();
  if (parts) operation.part = tokens.back();
}

bool is_operation(std::string_view name) {
  return std::find(kOperations.begin(), kOperations.end(), name) != kOperations.end();
}

Operation parse_20(const base::JsonObject& object) {
  Operation operation;
  for (const std::string_view name : kOperations)
    if (const Json* path = object.if_contains({name.data(), name.size()})) {
      if (!operation.name.empty()) malformed("Operation objects must contain only one member.");
      if (!path->is_string()) malformed("The path of an operation must be a string.");
      operation.name = name;
      set_path(operation, path->get_string());
    }
  return operation;
}

Operation parse_21(const Json& json) {
  Operation operation;
  operation.name = base::text_or(json, "op");
  if (!base::find(json, "path")) malformed("Unable to find '\"path\"' in JSON Schema change");
  if (is_operation(operation.name)) set_path(operation, base::get_text(json, "path"));
  return operation;
}

Operation parse(const Json& json, bool rfc6902) {
  if (!json.is_object()) malformed("Operations must be JSON objects.");
  Operation operation = rfc6902 ? parse_21(json) : parse_20(json.get_object());
  if (!is_operation(operation.name))
    malformed(
        "Unable to find 'op' in JSON Schema change. It must be one of 'add', 'remove', 'replace'.");
  operation.value = base::find(json, "value");
  if (operation.name != "remove" && !operation.value)
    malformed("Operation \"add\" and \"replace\" require a member named \"value\".");
  return operation;
}

void check_protection(const Image& image, const Operation& operation, const PatchRules& rules) {
  if (is_base_attribute(operation.path)) return;
  const bool there = has_attribute(image, operation.path);
  if (!there && operation.name != "add") return;  // refused as missing
  const PropertyAction action = operation.name == "remove" ? PropertyAction::remove
                                : there                    ? PropertyAction::update
                                                           : PropertyAction::create;
  if (!rules.may_use(operation.path, action)) refuse_reserved(operation.path);
}

void apply(Image& image, const Operation& operation, const PatchRules& rules) {
  if (operation.path == kLocations) {
    rules.change_locations(image, {operation.name, operation.part, operation.value});
    return;
  }
  check_protection(image, operation, rules);
  if (operation.name == "remove") {
    remove_attribute(image, operation.path);
    return;
  }
  if (operation.name == "replace" && !has_attribute(image, operation.path))
    throw Error(ErrorKind::conflict, fmt::format("Property {} does not exist.", operation.path));
  set_attribute(image, operation.path, *operation.value, rules.formats);
}

}  // namespace

void apply_patch(Image& image, std::string_view content_type, const Json& patch,
                 const PatchRules& rules) {
  const std::string type = base::lower(base::trim(base::split(content_type, ';').front()));
  if (type != kPatch20 && type != kPatch21)
    throw Error(ErrorKind::unsupported_media_type,
                fmt::format("Send the patch as {} (or {}).", kPatch21, kPatch20));
  if (!patch.is_array()) malformed("Request body must be a JSON array of operation objects.");
  for (const Json& operation : patch.get_array())
    apply(image, parse(operation, type == kPatch21), rules);
}

}  // namespace glance::api

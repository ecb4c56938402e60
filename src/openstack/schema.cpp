// A schema is compiled into checks in the order in which its keywords are written: Python's
// jsonschema reports the first error in that order, and so do we.
#include "openstack/schema.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "openstack/programming_error.hpp"
#include "openstack/python_repr.hpp"
#include "openstack/schema_formats.hpp"

namespace openstack {
namespace {

using base::Json;
using base::JsonArray;
using base::JsonObject;

// The first thing that does not fit.
struct Failure {
  std::string message;
  std::string path;  // the last key or index on the way to it; empty: the document itself
  bool has_path = false;
  const Json* instance = nullptr;
  std::string_view name_reason = {};

  bool fail(const Json& value, std::string text) {
    message = std::move(text);
    instance = &value;
    return false;
  }
  // The innermost key wins.
  void at(std::string_view key) {
    if (!has_path) path = key;
    has_path = true;
  }
};

using Check = std::function<bool(const Json&, Failure&)>;

std::string_view view(const boost::json::string& text) { return {text.data(), text.size()}; }
std::string_view view(boost::json::string_view text) { return {text.data(), text.size()}; }

// Integers of any size and doubles on one scale.
std::optional<long double> number_of(const Json& value) {
  if (value.is_int64()) return static_cast<long double>(value.get_int64());
  if (value.is_uint64()) return static_cast<long double>(value.get_uint64());
  if (value.is_double()) return static_cast<long double>(value.get_double());
  return std::nullopt;
}

// Nova lets limits hold for numbers given as text (_SchemaValidator._number_from_str).
std::optional<Json> number_or_text(const Json& value) {
  if (number_of(value)) return value;
  if (!value.is_string()) return std::nullopt;
  const std::string text(base::trim(view(value.get_string())));
  if (const auto integer = base::parse_integer(text)) return Json(*integer);
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') return std::nullopt;
  return Json(number);
}

bool equal(const Json& a, const Json& b) {
  const auto x = number_of(a);
  const auto y = number_of(b);
  return x && y ? *x == *y : a == b;
}

bool is_of_type(const Json& value, std::string_view type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_bool();
  if (type == "null") return value.is_null();
  if (type == "integer") return value.is_int64() || value.is_uint64();
  return number_of(value).has_value();
}

std::string joined_reprs(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) {
    if (!out.empty()) out += ", ";
    out += python_repr(text);
  }
  return out;
}

std::vector<std::string> texts_of(const Json& value) {
  if (value.is_string()) return {std::string(value.get_string())};
  std::vector<std::string> texts;
  for (const Json& item : value.as_array()) texts.emplace_back(item.as_string());
  return texts;
}

Check type_check(const Json& value) {
  std::vector<std::string> types = texts_of(value);
  constexpr std::string_view kTypes[] = {"object", "array",   "string", "boolean",
                                         "null",   "integer", "number"};
  for (const std::string& type : types)
    if (std::find(std::begin(kTypes), std::end(kTypes), type) == std::end(kTypes))
      refuse_table("schema with the unknown type " + type);
  return [types](const Json& instance, Failure& failure) {
    for (const std::string& type : types)
      if (is_of_type(instance, type)) return true;
    return failure.fail(
        instance, fmt::format("{} is not of type {}", python_repr(instance), joined_reprs(types)));
  };
}

Check enum_check(const Json& value) {
  return [value](const Json& instance, Failure& failure) {
    for (const Json& allowed : value.get_array())
      if (equal(allowed, instance)) return true;
    return failure.fail(
        instance, fmt::format("{} is not one of {}", python_repr(instance), python_repr(value)));
  };
}

Check const_check(const Json& value) {
  return [value](const Json& instance, Failure& failure) {
    if (equal(value, instance)) return true;
    return failure.fail(instance, fmt::format("{} was expected", python_repr(value)));
  };
}

Check pattern_check(const Json& value) {
  const std::string text(value.as_string());
  const auto pattern = std::make_shared<Pattern>(text);
  return [text, pattern](const Json& instance, Failure& failure) {
    if (!instance.is_string() || pattern->search(view(instance.get_string()))) return true;
    return failure.fail(
        instance, fmt::format("{} does not match {}", python_repr(instance), python_repr(text)));
  };
}

Check format_check(const Json& value) {
  const std::string name(value.as_string());
  const SchemaFormat* format = find_schema_format(name);
  if (!format) refuse_table("schema with the unknown format " + name);
  return [format](const Json& instance, Failure& failure) {
    if (!instance.is_string() || format->holds(view(instance.get_string()))) return true;
    failure.name_reason = format->name_reason;
    return failure.fail(
        instance, fmt::format("{} is not a {}", python_repr(instance), python_repr(format->name)));
  };
}

// How large a value is for a keyword; nullopt: the keyword says nothing about such values.
using Size = std::optional<size_t> (*)(const Json&);
std::optional<size_t> characters(const Json& value) {
  if (!value.is_string()) return std::nullopt;
  return base::utf8_length(view(value.get_string()));
}
std::optional<size_t> items(const Json& value) {
  if (!value.is_array()) return std::nullopt;
  return value.get_array().size();
}
std::optional<size_t> members(const Json& value) {
  if (!value.is_object()) return std::nullopt;
  return value.get_object().size();
}

Check at_least(const Json& value, Size size_of, const char* message) {
  const auto limit = value.to_number<size_t>();
  return [limit, size_of, message](const Json& instance, Failure& failure) {
    const auto size = size_of(instance);
    if (!size || *size >= limit) return true;
    return failure.fail(instance, fmt::format("{} {}", python_repr(instance), message));
  };
}
Check at_most(const Json& value, Size size_of, const char* message) {
  const auto limit = value.to_number<size_t>();
  return [limit, size_of, message](const Json& instance, Failure& failure) {
    const auto size = size_of(instance);
    if (!size || *size <= limit) return true;
    return failure.fail(instance, fmt::format("{} {}", python_repr(instance), message));
  };
}

// Draft 4's exclusiveMinimum and exclusiveMaximum are flags beside the limit.
bool flag(const JsonObject& schema, std::string_view key) {
  const Json* found = schema.if_contains(key);
  return found && found->is_bool() && found->get_bool();
}

Check minimum_check(const Json& limit, bool exclusive) {
  return [limit, exclusive](const Json& instance, Failure& failure) {
    const auto number = number_or_text(instance);
    if (!number) return true;
    const long double x = *number_of(*number);
    const long double y = *number_of(limit);
    if (exclusive ? x > y : x >= y) return true;
    return failure.fail(instance,
                        fmt::format("{} is less than {}the minimum of {}", python_repr(*number),
                                    exclusive ? "or equal to " : "", python_repr(limit)));
  };
}
Check maximum_check(const Json& limit, bool exclusive) {
  return [limit, exclusive](const Json& instance, Failure& failure) {
    const auto number = number_or_text(instance);
    if (!number) return true;
    const long double x = *number_of(*number);
    const long double y = *number_of(limit);
    if (exclusive ? x < y : x <= y) return true;
    return failure.fail(instance,
                        fmt::format("{} is greater than {}the maximum of {}", python_repr(*number),
                                    exclusive ? "or equal to " : "", python_repr(limit)));
  };
}

Check required_check(const Json& value) {
  return [names = texts_of(value)](const Json& instance, Failure& failure) {
    const JsonObject* object = instance.if_object();
    if (!object) return true;
    for (const std::string& name : names)
      if (!object->contains(name))
        return failure.fail(instance, fmt::format("{} is a required property", python_repr(name)));
    return true;
  };
}

Check unique_check() {
  return [](const Json& instance, Failure& failure) {
    if (!instance.is_array()) return true;
    std::set<std::string> seen;
    for (const Json& item : instance.get_array())
      if (!seen.insert(base::to_text(item)).second)
        return failure.fail(instance,
                            fmt::format("{} has non-unique elements", python_repr(instance)));
    return true;
  };
}

}  // namespace

struct Schema::Node {
  bool never = false;  // the schema `false`
  std::vector<Check> checks;
  std::map<std::string, std::unique_ptr<Node>> definitions;  // of the root alone

  bool accepts(const Json& instance, Failure& failure) const {
    if (never)
      return failure.fail(instance,
                          fmt::format("False schema does not allow {}", python_repr(instance)));
    for (const Check& check : checks)
      if (!check(instance, failure)) return false;
    return true;
  }
  bool accepts(const Json& instance) const {
    Failure ignored;
    return accepts(instance, ignored);
  }

  class Compiler;
};

// Turns schema text into nodes.
class Schema::Node::Compiler {
 public:
  using NodePointer = std::shared_ptr<Node>;

  Compiler(const Json& document, Node& root) : document_(document), root_(root) {}

  void compile(const Json& schema, Node& node) {
    if (schema.is_bool()) {
      node.never = !schema.get_bool();
      return;
    }
    const JsonObject& object = schema.as_object();
    if (const Json* reference = object.if_contains("$ref")) {
      node.checks.push_back(reference_check(*reference));
      return;
    }
    for (const auto& [keyword, value] : object)
      if (Check check = check_of(view(keyword), value, object)) node.checks.push_back(check);
  }

 private:
  NodePointer child(const Json& schema) {
    auto node = std::make_shared<Node>();
    compile(schema, *node);
    return node;
  }
  std::vector<NodePointer> children(const Json& schemas) {
    std::vector<NodePointer> nodes;
    for (const Json& schema : schemas.as_array()) nodes.push_back(child(schema));
    return nodes;
  }

  Check check_of(std::string_view keyword, const Json& value, const JsonObject& schema) {
    if (keyword == "type") return type_check(value);
    if (keyword == "enum") return enum_check(value);
    if (keyword == "const") return const_check(value);
    if (keyword == "pattern") return pattern_check(value);
    if (keyword == "format") return format_check(value);
    if (keyword == "minLength") return at_least(value, characters, "is too short");
    if (keyword == "maxLength") return at_most(value, characters, "is too long");
    if (keyword == "minItems") return at_least(value, items, "is too short");
    if (keyword == "maxItems") return at_most(value, items, "is too long");
    if (keyword == "minProperties")
      return at_least(value, members, "does not have enough properties");
    if (keyword == "maxProperties") return at_most(value, members, "has too many properties");
    if (keyword == "minimum") return minimum_check(value, flag(schema, "exclusiveMinimum"));
    if (keyword == "maximum") return maximum_check(value, flag(schema, "exclusiveMaximum"));
    if (keyword == "exclusiveMinimum")
      return value.is_bool() ? nullptr : minimum_check(value, true);
    if (keyword == "exclusiveMaximum")
      return value.is_bool() ? nullptr : maximum_check(value, true);
    if (keyword == "required") return required_check(value);
    if (keyword == "uniqueItems") return value.as_bool() ? unique_check() : nullptr;
    return nested_check_of(keyword, value, schema);
  }

  // Keywords whose value holds schemas, and those that say nothing.
  Check nested_check_of(std::string_view keyword, const Json& value, const JsonObject& schema) {
    if (keyword == "properties") return properties_check(value);
    if (keyword == "patternProperties") return pattern_properties_check(value);
    if (keyword == "additionalProperties") return additional_check(value, schema);
    if (keyword == "items") return items_check(value);
    if (keyword == "allOf") return all_of_check(value);
    if (keyword == "anyOf") return any_of_check(value);
    if (keyword == "oneOf") return one_of_check(value);
    if (keyword == "not") return not_check(value);
    constexpr std::string_view kSilent[] = {"$schema",  "$comment",   "id",       "title",
                                            "default",  "example",    "examples", "description",
                                            "readOnly", "definitions"};
    if (std::find(std::begin(kSilent), std::end(kSilent), keyword) == std::end(kSilent))
      refuse_table(fmt::format("schema with the unknown keyword {}", keyword));
    return nullptr;
  }

  Check reference_check(const Json& value) {
    constexpr std::string_view kPrefix = "#/definitions/";
    const std::string reference(value.as_string());
    const std::string name = reference.substr(std::min(reference.size(), kPrefix.size()));
    const Json* section = base::find(document_, "definitions");
    const Json* schema = section ? base::find(*section, name) : nullptr;
    if (!reference.starts_with(kPrefix) || !schema)
      refuse_table("schema with the unknown reference " + reference);
    auto& slot = root_.definitions[name];
    if (!slot) {
      // In place before it is compiled: a definition may refer to itself.
      slot = std::make_unique<Node>();
      compile(*schema, *slot);
    }
    return [node = slot.get()](const Json& instance, Failure& failure) {
      return node->accepts(instance, failure);
    };
  }

  Check properties_check(const Json& value) {
    std::vector<std::pair<std::string, NodePointer>> properties;
    for (const auto& [name, schema] : value.as_object())
      properties.emplace_back(std::string(name), child(schema));
    return [properties](const Json& instance, Failure& failure) {
      const JsonObject* object = instance.if_object();
      if (!object) return true;
      for (const auto& [name, node] : properties) {
        const Json* member = object->if_contains(name);
        if (!member || node->accepts(*member, failure)) continue;
        failure.at(name);
        return false;
      }
      return true;
    };
  }

  Check pattern_properties_check(const Json& value) {
    std::vector<std::pair<std::shared_ptr<Pattern>, NodePointer>> rows;
    for (const auto& [pattern, schema] : value.as_object())
      rows.emplace_back(std::make_shared<Pattern>(view(pattern)), child(schema));
    return [rows](const Json& instance, Failure& failure) {
      const JsonObject* object = instance.if_object();
      if (!object) return true;
      for (const auto& [pattern, node] : rows) {
        for (const auto& [name, member] : *object) {
          if (!pattern->search(view(name)) || node->accepts(member, failure)) continue;
          failure.at(view(name));
          return false;
        }
      }
      return true;
    };
  }

  // What neither "properties" nor "patternProperties" of the same schema takes in.
  struct Known {
    std::set<std::string, std::less<>> names;
    std::vector<std::pair<std::string, std::shared_ptr<Pattern>>> patterns;

    std::vector<std::string> extras(const JsonObject& object) const {
      std::vector<std::string> out;
      for (const auto& [name, member] : object)
        if (!contains(view(name))) out.emplace_back(name);
      return out;
    }
    bool contains(std::string_view name) const {
      return names.contains(name) ||
             std::any_of(patterns.begin(), patterns.end(),
                         [name](const auto& row) { return row.second->search(name); });
    }
    std::string message(std::vector<std::string> extra) const {
      const bool one = extra.size() == 1;
      if (patterns.empty())
        return fmt::format("Additional properties are not allowed ({} {} unexpected)",
                           joined_reprs(extra), one ? "was" : "were");
      std::vector<std::string> texts;
      for (const auto& [text, pattern] : patterns) texts.push_back(text);
      std::sort(texts.begin(), texts.end());
      std::sort(extra.begin(), extra.end());
      return fmt::format("{} {} not match any of the regexes: {}", joined_reprs(extra),
                         one ? "does" : "do", joined_reprs(texts));
    }
  };
  static Known known_of(const JsonObject& schema) {
    Known known;
    if (const Json* properties = schema.if_contains("properties"))
      for (const auto& [name, ignored] : properties->as_object()) known.names.emplace(name);
    if (const Json* patterns = schema.if_contains("patternProperties"))
      for (const auto& [text, ignored] : patterns->as_object())
        known.patterns.emplace_back(text, std::make_shared<Pattern>(view(text)));
    return known;
  }

  Check additional_check(const Json& value, const JsonObject& schema) {
    if (value.is_bool() && value.get_bool()) return nullptr;
    const auto known = std::make_shared<const Known>(known_of(schema));
    const NodePointer node = value.is_object() ? child(value) : nullptr;
    return [known, node](const Json& instance, Failure& failure) {
      const JsonObject* object = instance.if_object();
      if (!object) return true;
      const std::vector<std::string> extras = known->extras(*object);
      if (extras.empty()) return true;
      if (!node) return failure.fail(instance, known->message(extras));
      for (const std::string& name : extras) {
        if (node->accepts(object->at(name), failure)) continue;
        failure.at(name);
        return false;
      }
      return true;
    };
  }

  Check items_check(const Json& value) {
    return [node = child(value)](const Json& instance, Failure& failure) {
      if (!instance.is_array()) return true;
      const JsonArray& array = instance.get_array();
      for (size_t i = 0; i < array.size(); ++i) {
        if (node->accepts(array[i], failure)) continue;
        failure.at(std::to_string(i));
        return false;
      }
      return true;
    };
  }

  Check all_of_check(const Json& value) {
    return [nodes = children(value)](const Json& instance, Failure& failure) {
      return std::all_of(nodes.begin(), nodes.end(),
                         [&](const NodePointer& node) { return node->accepts(instance, failure); });
    };
  }

  static bool fail_all(const Json& instance, Failure& failure) {
    return failure.fail(instance, fmt::format("{} is not valid under any of the given schemas",
                                              python_repr(instance)));
  }
  Check any_of_check(const Json& value) {
    return [nodes = children(value)](const Json& instance, Failure& failure) {
      for (const NodePointer& node : nodes)
        if (node->accepts(instance)) return true;
      return fail_all(instance, failure);
    };
  }
  Check one_of_check(const Json& value) {
    return [nodes = children(value), value](const Json& instance, Failure& failure) {
      std::vector<size_t> valid;
      for (size_t i = 0; i < nodes.size(); ++i)
        if (nodes[i]->accepts(instance)) valid.push_back(i);
      if (valid.size() == 1) return true;
      if (valid.empty()) return fail_all(instance, failure);
      // jsonschema names the others first and the first one last.
      std::rotate(valid.begin(), valid.begin() + 1, valid.end());
      std::string reprs;
      for (const size_t i : valid)
        reprs += (reprs.empty() ? "" : ", ") + python_repr(value.get_array()[i]);
      return failure.fail(
          instance, fmt::format("{} is valid under each of {}", python_repr(instance), reprs));
    };
  }
  Check not_check(const Json& value) {
    return [node = child(value), value](const Json& instance, Failure& failure) {
      if (!node->accepts(instance)) return true;
      return failure.fail(instance, fmt::format("{} should not be valid under {}",
                                                python_repr(instance), python_repr(value)));
    };
  }

  const Json& document_;
  Node& root_;
};

Schema::Schema(std::string_view schema_text) : root_(std::make_unique<Node>()) {
  try {
    const Json document = base::parse_json(schema_text);
    Node::Compiler(document, *root_).compile(document, *root_);
  } catch (const std::exception& error) {
    refuse_table(fmt::format("schema {}: {}", schema_text, error.what()));
  }
}

Schema::~Schema() = default;
Schema::Schema(Schema&&) noexcept = default;

// nova/api/validation/validators.py, _SchemaValidator.validate.
std::optional<std::string> Schema::check(const base::Json& value) const {
  Failure failure;
  if (root_->accepts(value, failure)) return std::nullopt;
  if (!failure.name_reason.empty())
    return fmt::format("An invalid 'name' value was provided. The name must be: {}",
                       failure.name_reason);
  if (!failure.has_path) return failure.message;
  return fmt::format("Invalid input for field/attribute {}. Value: {}. {}", failure.path,
                     python_str(*failure.instance), failure.message);
}

void Schema::validate(const base::Json& value) const {
  if (const auto message = check(value)) throw base::Error(base::ErrorKind::bad_request, *message);
}

}  // namespace openstack

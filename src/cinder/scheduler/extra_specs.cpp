#include "cinder/scheduler/extra_specs.hpp"

#include <array>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/text.hpp"

namespace cinder::scheduler {
namespace {

double number_of(std::string_view text) { return std::strtod(std::string(text).c_str(), nullptr); }

bool is_true(std::string_view text) { return base::parse_boolean(text).value_or(false); }

// cinder/scheduler/filters/extra_specs_ops.py.
struct Operator {
  std::string_view sign;
  bool (*holds)(std::string_view value, std::string_view wanted);
};
using Text = std::string_view;
constexpr std::array kOperators{
    Operator{"=", [](Text a, Text b) { return number_of(a) >= number_of(b); }},
    Operator{"<in>", [](Text a, Text b) { return a.find(b) != Text::npos; }},
    Operator{"<is>", [](Text a, Text b) { return is_true(a) == is_true(b); }},
    Operator{"==", [](Text a, Text b) { return number_of(a) == number_of(b); }},
    Operator{"!=", [](Text a, Text b) { return number_of(a) != number_of(b); }},
    Operator{">=", [](Text a, Text b) { return number_of(a) >= number_of(b); }},
    Operator{"<=", [](Text a, Text b) { return number_of(a) <= number_of(b); }},
    Operator{"s==", [](Text a, Text b) { return a == b; }},
    Operator{"s!=", [](Text a, Text b) { return a != b; }},
    Operator{"s<", [](Text a, Text b) { return a < b; }},
    Operator{"s<=", [](Text a, Text b) { return a <= b; }},
    Operator{"s>", [](Text a, Text b) { return a > b; }},
    Operator{"s>=", [](Text a, Text b) { return a >= b; }},
};

// "<or> a <or> b": one of them.
bool is_one_of(std::string_view value, std::string_view rest) {
  constexpr std::string_view kOr = "<or>";
  for (;;) {
    const size_t next = rest.find(kOr);
    if (base::trim(rest.substr(0, next)) == value) return true;
    if (next == std::string_view::npos) return false;
    rest.remove_prefix(next + kOr.size());
  }
}

// The name of the capability; none: the spec is not about one.
std::optional<std::string_view> capability_of(std::string_view key) {
  constexpr std::string_view kScope = "capabilities:";
  if (key.starts_with(kScope)) return key.substr(kScope.size());
  if (key.find(':') != std::string_view::npos) return std::nullopt;
  return key;
}

}  // namespace

bool fits(const std::string& value, const std::string& requirement) {
  const std::string_view wanted = base::trim(requirement);
  const size_t space = wanted.find(' ');
  const std::string_view sign = wanted.substr(0, space);
  const std::string_view operand =
      space == std::string_view::npos ? std::string_view() : base::trim(wanted.substr(space));
  if (sign == "<or>") return is_one_of(value, operand);
  for (const Operator& one : kOperators)
    if (one.sign == sign && !operand.empty()) return one.holds(value, operand);
  return value == wanted;
}

bool fulfills(const std::string& capabilities,
              const std::map<std::string, std::string>& extra_specs) {
  const base::JsonView known(capabilities);
  for (const auto& [key, requirement] : extra_specs) {
    const auto capability = capability_of(key);
    if (!capability) continue;
    const base::Json* value = base::find(*known, *capability);
    if (!value || !value->is_string()) return false;
    if (!fits(std::string(value->get_string()), requirement)) return false;
  }
  return true;
}

}  // namespace cinder::scheduler

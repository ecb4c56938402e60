#include "glance/api/property_protection.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "base/error.hpp"
#include "base/text.hpp"
#include "glance/api/image_api.hpp"

namespace glance::api {
namespace {

constexpr size_t kLargestFile = size_t{1} << 20;
// In the order of PropertyAction.
constexpr std::array<std::string_view, 4> kActionNames{"create", "read", "update", "delete"};

[[noreturn]] void refuse_protection(std::string message) {
  throw base::Error(base::ErrorKind::bad_request, std::move(message));
}

bool has_name(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

struct Section {
  std::string pattern;
  std::array<std::optional<std::string>, 4> values;
};

void parse_value(Section& section, std::string_view line) {
  const size_t sign = line.find_first_of("=:");
  if (sign == std::string_view::npos)
    refuse_protection(fmt::format("property protection: \"{}\" is no OPERATION = WHO", line));
  const std::string name = base::lower(base::trim(line.substr(0, sign)));
  const auto action = std::ranges::find(kActionNames, name);
  if (action == kActionNames.end())
    refuse_protection(
        fmt::format("property protection: [{}] has no operation {}", section.pattern, name));
  section.values[static_cast<size_t>(action - kActionNames.begin())] =
      std::string(base::trim(line.substr(sign + 1)));
}

std::vector<Section> parse_sections(std::string_view text) {
  std::vector<Section> sections;
  for (std::string_view line : base::split(text, '\n')) {
    line = base::trim(line);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      if (line.back() != ']')
        refuse_protection(fmt::format("property protection: \"{}\" does not end with ]", line));
      sections.push_back({std::string(line.substr(1, line.size() - 2)), {}});
    } else if (sections.empty()) {
      refuse_protection("property protection: the file does not begin with a [PATTERN]");
    } else {
      parse_value(sections.back(), line);
    }
  }
  return sections;
}

std::vector<std::string> parse_who(std::string_view text) {
  std::vector<std::string> who;
  for (const std::string_view name : base::split(text, ','))
    if (!base::trim(name).empty()) who.emplace_back(base::trim(name));
  return who;
}

void check_roles(const std::vector<std::string>& who, std::string_view place) {
  if (has_name(who, "@") && has_name(who, "!"))
    refuse_protection(
        fmt::format("property protection: '@' and '!' exclude each other in {}", place));
}

void check_policies(const std::vector<std::string>& who, std::string_view place,
                    std::span<const openstack::PolicyRule> policies) {
  if (who.size() > 1)
    refuse_protection(fmt::format("property protection: more than one policy in {}", place));
  if (who.empty() || who.front() == "@" || who.front() == "!") return;
  if (std::ranges::find(policies, who.front(), &openstack::PolicyRule::name) == policies.end())
    refuse_protection(
        fmt::format("property protection: {} names no policy in {}", who.front(), place));
}

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kLargestFile + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  if (!file.eof() || text.size() > kLargestFile)
    refuse_protection(fmt::format("property_protection_file {} cannot be read", path));
  return text;
}

}  // namespace

PropertyProtection::PropertyProtection(std::string_view text, Format format,
                                       std::span<const openstack::PolicyRule> policies)
    : on_(true), format_(format) {
  for (const Section& section : parse_sections(text)) {
    Rule rule{openstack::Pattern::parse(section.pattern), {}};
    for (size_t i = 0; i < kActionNames.size(); ++i) {
      const std::string place = fmt::format("{} of [{}]", kActionNames[i], section.pattern);
      if (!section.values[i]) refuse_protection("property protection: there is no " + place);
      rule.who[i] = parse_who(*section.values[i]);
      if (format == Format::roles)
        check_roles(rule.who[i], place);
      else
        check_policies(rule.who[i], place, policies);
    }
    rules_.push_back(std::move(rule));
  }
}

bool PropertyProtection::allows(const openstack::Context& context, const openstack::Policy& policy,
                                std::string_view property, PropertyAction action) const {
  if (rules_.empty()) return true;
  const auto rule = std::ranges::find_if(
      rules_, [property](const Rule& candidate) { return candidate.pattern.search(property); });
  if (rule == rules_.end()) return false;
  const std::vector<std::string>& who = rule->who[static_cast<size_t>(action)];
  if (who.empty() || has_name(who, "!")) return false;
  if (has_name(who, "@")) return true;
  if (format_ == Format::policies) return policy.allows(context, who.front(), {});
  return std::ranges::any_of(
      who, [&](const std::string& role) { return context.identity.has_role(base::lower(role)); });
}

std::shared_ptr<const PropertyProtection> read_property_protection(const platform::Config& config) {
  using Format = PropertyProtection::Format;
  const std::string path = config.text("DEFAULT", "property_protection_file");
  const std::string format = config.text("DEFAULT", "property_protection_rule_format");
  if (format != "roles" && format != "policies")
    refuse_protection("property_protection_rule_format must be roles or policies");
  if (path.empty()) return std::make_shared<PropertyProtection>();
  return std::make_shared<PropertyProtection>(
      read_text(path), format == "roles" ? Format::roles : Format::policies, policies());
}

}  // namespace glance::api

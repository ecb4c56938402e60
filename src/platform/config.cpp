#include "platform/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "base/error.hpp"
#include "base/text.hpp"
#include "platform/edit_distance.hpp"
#include "platform/ini.hpp"
#include "platform/log.hpp"

namespace platform {
namespace {

// Of options of sections that the user names, e.g. Cinder's back ends.
constexpr std::string_view kAnySection = "*";

bool has_group(const std::vector<std::span<const Option>>& tables, std::string_view group) {
  for (const auto& table : tables)
    for (const Option& option : table)
      if (option.group == group) return true;
  return false;
}

[[noreturn]] void programming_error(std::string_view group, std::string_view name,
                                    std::string_view what) {
  log_error("configuration option misused group={} option={} problem={}", group, name, what);
  flush_log();
  std::abort();
}

std::optional<double> parse_real(std::string_view text) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stopped != end || text.empty()) return std::nullopt;
  return number;
}

std::string range_of(const Option& option) {
  if (option.min && option.max) return fmt::format(" from {} to {}", *option.min, *option.max);
  if (option.min) return fmt::format(" not less than {}", *option.min);
  if (option.max) return fmt::format(" not greater than {}", *option.max);
  return "";
}

bool integer_fits(const Option& option, std::string_view value) {
  const std::optional<int64_t> number = base::parse_integer(value);
  if (!number) return false;
  return *number >= option.min.value_or(INT64_MIN) && *number <= option.max.value_or(INT64_MAX);
}

// What the value should have been; empty if it fits.
std::string expected_instead(const Option& option, std::string_view value) {
  switch (option.type) {
    case OptionType::text:
    case OptionType::list:
      return "";
    case OptionType::integer:
      return integer_fits(option, value) ? "" : "a whole number" + range_of(option);
    case OptionType::boolean:
      return base::parse_boolean(value) ? "" : "true or false";
    case OptionType::real:
      return parse_real(value) ? "" : "a number";
  }
  return "";
}

std::string_view type_name(OptionType type) {
  switch (type) {
    case OptionType::text:
      return "text";
    case OptionType::integer:
      return "integer";
    case OptionType::boolean:
      return "boolean";
    case OptionType::real:
      return "number";
    case OptionType::list:
      return "list";
  }
  return "";
}

[[noreturn]] void refuse(std::string message) {
  throw base::Error(base::ErrorKind::bad_request, std::move(message));
}

// Tells apart: no such group, the option of another group, a misspelled option.
std::string unknown_option(const std::vector<const Option*>& options, std::string_view group,
                           std::string_view name) {
  std::vector<std::string_view> groups;
  std::vector<std::string_view> names;
  std::vector<std::string_view> names_of_any;
  for (const Option* option : options) {
    const bool of_any = option->group == kAnySection;
    if (!of_any) groups.push_back(option->group);
    if (of_any) names_of_any.push_back(option->name);
    if (option->group == group) names.push_back(option->name);
  }
  if (names.empty()) names = std::move(names_of_any);
  if (names.empty())
    return fmt::format("unknown section [{}], did you mean [{}]?", group, nearest(group, groups));
  for (const Option* option : options)
    if (option->name == name)
      return fmt::format("unknown option \"{}\" in [{}]: it belongs into [{}]", name, group,
                         option->group);
  return fmt::format("unknown option \"{}\" in [{}], did you mean \"{}\"?", name, group,
                     nearest(name, names));
}

std::string table_cell(std::string_view text) {
  return base::replace_all(base::replace_all(std::string(text), "|", "\\|"), "\n", " ");
}

std::string table_row(const Option& option) {
  const std::string shown = option.default_value.empty() || option.secret
                                ? ""
                                : fmt::format("`{}`", table_cell(option.default_value));
  return fmt::format("| `{}` | {} | {} | {}{} |\n", option.name, type_name(option.type), shown,
                     table_cell(option.help), option.secret ? " Secret." : "");
}

}  // namespace

Config::Config(std::vector<std::span<const Option>> tables) : tables_(std::move(tables)) {
  for (const auto& table : tables_)
    for (const Option& option : table)
      if (!expected_instead(option, option.default_value).empty())
        programming_error(option.group, option.name, "its default does not fit its type");
}

void Config::parse(std::string_view ini_text, std::string_view origin) {
  for (const IniItem& item : parse_ini(ini_text, origin)) {
    try {
      if (item.name.empty()) {
        check_group(item.group);
      } else {
        set(item.group, item.name, item.value);
      }
    } catch (const base::Error& error) {
      refuse(fmt::format("{}:{}: {}", origin, item.line, error.message()));
    }
  }
}

void Config::load_file(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  // A directory opens, too.
  if (!file || std::filesystem::is_directory(path))
    refuse(fmt::format("can not read the configuration file {}", path));
  text << file.rdbuf();
  parse(text.str(), path);
}

void Config::set(std::string_view group, std::string_view name, std::string_view value) {
  const Option* option = find(group, name);
  if (option == nullptr) refuse(unknown_option(all(), group, name));
  const std::string expected = expected_instead(*option, value);
  if (!expected.empty())
    refuse(fmt::format("\"{}\" in [{}] must be {}{}", name, group, expected,
                       option->secret ? "" : fmt::format(", not \"{}\"", value)));
  values_[{std::string(group), std::string(name)}] = value;
}

std::string Config::text(std::string_view group, std::string_view name) const {
  const Option& known = option(group, name);
  const auto found = values_.find({std::string(group), std::string(name)});
  return found == values_.end() ? std::string(known.default_value) : found->second;
}

int64_t Config::integer(std::string_view group, std::string_view name) const {
  if (option(group, name).type != OptionType::integer)
    programming_error(group, name, "it is no integer");
  return base::parse_integer(text(group, name)).value();
}

bool Config::boolean(std::string_view group, std::string_view name) const {
  if (option(group, name).type != OptionType::boolean)
    programming_error(group, name, "it is no boolean");
  return base::parse_boolean(text(group, name)).value();
}

double Config::real(std::string_view group, std::string_view name) const {
  if (option(group, name).type != OptionType::real)
    programming_error(group, name, "it is no number");
  return parse_real(text(group, name)).value();
}

std::vector<std::string> Config::list(std::string_view group, std::string_view name) const {
  std::vector<std::string> items;
  const std::string joined = text(group, name);
  for (const std::string_view part : base::split(joined, ',')) {
    const std::string_view item = base::trim(part);
    if (!item.empty()) items.emplace_back(item);
  }
  return items;
}

std::string Config::reference() const {
  std::vector<std::string_view> groups;
  std::map<std::string_view, std::string> rows;
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const Option* option : all()) {
    if (!seen.emplace(option->group, option->name).second) continue;
    if (!rows.contains(option->group)) groups.push_back(option->group);
    rows[option->group] += table_row(*option);
  }
  std::string text;
  for (const std::string_view group : groups)
    text += fmt::format("## [{}]\n\n| option | type | default | meaning |\n|---|---|---|---|\n{}\n",
                        group, rows[group]);
  return text;
}

std::vector<const Option*> Config::all() const {
  std::vector<const Option*> options;
  for (const auto& table : tables_)
    for (const Option& option : table) options.push_back(&option);
  return options;
}

void Config::check_group(std::string_view group) const {
  if (!has_group(tables_, group) && !has_group(tables_, kAnySection))
    refuse(unknown_option(all(), group, ""));
}

const Option* Config::find(std::string_view group, std::string_view name) const {
  if (!has_group(tables_, group)) group = kAnySection;
  for (const auto& table : tables_)
    for (const Option& option : table)
      if (option.group == group && option.name == name) return &option;
  return nullptr;
}

const Option& Config::option(std::string_view group, std::string_view name) const {
  const Option* found = find(group, name);
  if (found == nullptr) programming_error(group, name, "it is in no table");
  return *found;
}

}  // namespace platform

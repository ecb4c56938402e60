// Configuration in oslo.config's INI, with options declared as data: type, default, help. An
// unknown option or group is an error that names the nearest known one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace platform {

enum class OptionType { text, integer, boolean, real, list };

// One row of a service's option table. All text is static.
struct Option {
  std::string_view group;  // "DEFAULT", "database", ...; "*": any section that no other row names
  std::string_view name;
  OptionType type = OptionType::text;
  std::string_view default_value;
  std::string_view help;
  bool secret = false;              // never printed
  std::optional<int64_t> min = {};  // for integers
  std::optional<int64_t> max = {};
};

// Immutable after loading; copies are cheap enough.
class Config {
 public:
  // `tables` are the option tables this process knows; if several have an option, the first counts.
  // Unset options have their defaults. A default that does not fit its type aborts.
  explicit Config(std::vector<std::span<const Option>> tables);

  // Reads INI text: sections, `name = value`, `#` and `;` comments, continuation by indentation.
  // Throws base::Error(bad_request) whose message names `origin`, the line and what to change.
  void parse(std::string_view ini_text, std::string_view origin);
  void load_file(const std::string& path);
  // Overrides one option, e.g. from the command line; same checks.
  void set(std::string_view group, std::string_view name, std::string_view value);

  // The option must be in a table and of that type (text() gives any of them as it was written):
  // asking for another is a programming error and aborts.
  [[nodiscard]] std::string text(std::string_view group, std::string_view name) const;
  [[nodiscard]] int64_t integer(std::string_view group, std::string_view name) const;
  [[nodiscard]] bool boolean(std::string_view group, std::string_view name) const;
  [[nodiscard]] double real(std::string_view group, std::string_view name) const;
  // Comma separated, trimmed, without empty items.
  [[nodiscard]] std::vector<std::string> list(std::string_view group, std::string_view name) const;

  // Markdown of every option with type, default and help: docs/configuration.md.
  [[nodiscard]] std::string reference() const;

 private:
  [[nodiscard]] const Option& option(std::string_view group, std::string_view name) const;
  [[nodiscard]] const Option* find(std::string_view group, std::string_view name) const;
  [[nodiscard]] std::vector<const Option*> all() const;
  void check_group(std::string_view group) const;
  std::vector<std::span<const Option>> tables_;
  std::map<std::pair<std::string, std::string>, std::string> values_;
};

}  // namespace platform

// The text of oslo.config's INI files, without their meaning.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace platform {

// One assignment, or the head of a section (then `name` is empty).
struct IniItem {
  std::string group;
  std::string name;
  std::string value;
  int line = 0;  // from 1
};

// The rules of oslo_config.iniparser: `name = value` or `name: value`, indented lines continue a
// value (joined by a line feed), `#` and `;` start a comment line, one pair of quotes around a
// value is removed. Throws base::Error(bad_request) whose message names `origin` and the line.
[[nodiscard]] std::vector<IniItem> parse_ini(std::string_view text, std::string_view origin);

}  // namespace platform

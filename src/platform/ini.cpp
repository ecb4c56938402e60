#include "platform/ini.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"

namespace platform {
namespace {

class IniParser {
 public:
  explicit IniParser(std::string_view origin) : origin_(origin) {}

  void line(std::string_view raw) {
    ++number_;
    const std::string_view text = base::trim(raw);
    const bool indented = raw.starts_with(' ') || raw.starts_with('\t');
    if (text.empty()) {
      continuing_ = false;
    } else if (text.front() == '#' || text.front() == ';') {
      // A comment does not end a value that goes on below it.
    } else if (indented) {
      continue_value(text);
    } else if (text.front() == '[') {
      begin_group(text);
    } else {
      assign(text);
    }
  }

  std::vector<IniItem> take() {
    for (IniItem& item : items_) item.value = without_quotes(std::move(item.value));
    return std::move(items_);
  }

 private:
  [[noreturn]] void refuse(std::string_view problem) const {
    throw base::Error(base::ErrorKind::bad_request,
                      fmt::format("{}:{}: {}", origin_, number_, problem));
  }

  void begin_group(std::string_view text) {
    continuing_ = false;
    if (text.back() != ']') refuse("a section must end with \"]\"");
    group_ = base::trim(text.substr(1, text.size() - 2));
    if (group_.empty()) refuse("a section must have a name, e.g. [DEFAULT]");
    items_.push_back({group_, "", "", number_});
  }

  void assign(std::string_view text) {
    const size_t separator = text.find_first_of("=:");
    if (separator == std::string_view::npos) refuse("this is no \"name = value\"");
    const std::string_view name = base::trim(text.substr(0, separator));
    if (name.empty()) refuse("there is no name before \"=\"");
    if (group_.empty()) refuse("a section, e.g. [DEFAULT], must come before the first option");
    items_.push_back(
        {group_, std::string(name), std::string(base::trim(text.substr(separator + 1))), number_});
    continuing_ = true;
  }

  void continue_value(std::string_view text) {
    if (!continuing_) refuse("this line is indented, but there is no value that it could continue");
    items_.back().value += "\n";
    items_.back().value += text;
  }

  static std::string without_quotes(std::string value) {
    const bool quoted = value.size() > 1 && value.front() == value.back() &&
                        (value.front() == '"' || value.front() == '\'');
    return quoted ? value.substr(1, value.size() - 2) : value;
  }

  std::string_view origin_;
  int number_ = 0;
  bool continuing_ = false;
  std::string group_;
  std::vector<IniItem> items_;
};

}  // namespace

std::vector<IniItem> parse_ini(std::string_view text, std::string_view origin) {
  IniParser parser(origin);
  for (const std::string_view line : base::split(text, '\n')) parser.line(line);
  return parser.take();
}

}  // namespace platform

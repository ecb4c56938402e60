// The part of regular expressions that clients use to look for names and addresses, in linear time:
// ^ and $ at the ends, `.` for any character, `.*` for any text, `\` to take one literally.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nova::api {

class TextFilter {
 public:
  explicit TextFilter(std::string_view pattern);
  // Somewhere in the text, unless anchored; letters compare without case, as MySQL's REGEXP.
  [[nodiscard]] bool matches(std::string_view text) const;
  // From the start of the text, as Python's re.match.
  [[nodiscard]] bool matches_start(std::string_view text) const;

 private:
  enum class Kind { literal, any, run };
  struct Token {
    Kind kind;
    char character;
  };
  [[nodiscard]] bool match(std::string_view text, bool from_start) const;

  std::vector<Token> tokens_;
  bool anchored_start_ = false;
  bool anchored_end_ = false;
};

}  // namespace nova::api

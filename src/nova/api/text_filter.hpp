// The part of regular expressions that clients use to look for names and addresses, in time that
// grows with the product of the lengths at most: ^ and $ at the ends, `.`, sets as [a-z0-9] and
// [^x], `\` to take a character literally, and *, + and ? behind any of these. What it does not
// know (groups, alternatives) is taken literally.
#pragma once

#include <bitset>
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
  // One element and how often it may stand there.
  struct Token {
    std::bitset<256> characters;
    bool may_be_absent = false;
    bool may_repeat = false;
  };
  [[nodiscard]] bool match(std::string_view text, bool from_start) const;

  std::vector<Token> tokens_;
  bool anchored_start_ = false;
  bool anchored_end_ = false;
};

}  // namespace nova::api

#include "nova/api/text_filter.hpp"

#include <cctype>

namespace nova::api {
namespace {

using Characters = std::bitset<256>;

unsigned char folded(char c) {
  return static_cast<unsigned char>(std::tolower(static_cast<unsigned char>(c)));
}

Characters single(char c) {
  Characters set;
  set.set(folded(c));
  return set;
}

// Reads "a-z0-9]" behind the bracket; `at` ends behind the closing one. Without a closing one the
// bracket is a character like any other.
Characters read_set(std::string_view pattern, size_t& at) {
  const size_t begin = at;
  const bool inverted = at < pattern.size() && pattern[at] == '^';
  if (inverted) ++at;
  Characters set;
  for (bool first = true; at < pattern.size(); first = false) {
    if (pattern[at] == ']' && !first) {
      ++at;
      return inverted ? ~set : set;
    }
    if (pattern[at] == '\\' && at + 1 < pattern.size()) ++at;
    const unsigned char low = folded(pattern[at]);
    const bool range = at + 2 < pattern.size() && pattern[at + 1] == '-' && pattern[at + 2] != ']';
    const unsigned char high = range ? folded(pattern[at + 2]) : low;
    for (unsigned c = low; c <= high; ++c) set.set(c);
    at += range ? 3 : 1;
  }
  at = begin;
  return single('[');
}

// The characters that the next element stands for.
Characters read_element(std::string_view pattern, size_t& at) {
  const char c = pattern[at++];
  if (c == '.') return Characters().set();
  if (c == '[') return read_set(pattern, at);
  if (c == '\\' && at < pattern.size()) return single(pattern[at++]);
  return single(c);
}

}  // namespace

TextFilter::TextFilter(std::string_view pattern) {
  if (pattern.starts_with('^')) {
    anchored_start_ = true;
    pattern.remove_prefix(1);
  }
  if (pattern.ends_with('$') && !pattern.ends_with("\\$")) {
    anchored_end_ = true;
    pattern.remove_suffix(1);
  }
  for (size_t at = 0; at < pattern.size();) {
    Token token{read_element(pattern, at), false, false};
    const char behind = at < pattern.size() ? pattern[at] : '\0';
    token.may_be_absent = behind == '*' || behind == '?';
    token.may_repeat = behind == '*' || behind == '+';
    if (token.may_be_absent || token.may_repeat) ++at;
    tokens_.push_back(token);
  }
}

bool TextFilter::matches(std::string_view text) const { return match(text, anchored_start_); }

bool TextFilter::matches_start(std::string_view text) const { return match(text, true); }

// All places in the pattern at which the text so far can stand, at once: place i is before token i.
bool TextFilter::match(std::string_view text, bool from_start) const {
  const size_t end = tokens_.size();
  std::vector<bool> places(end + 1, false);
  const auto pass_absent = [&](std::vector<bool>& set) {
    for (size_t i = 0; i < end; ++i)
      if (set[i] && tokens_[i].may_be_absent) set[i + 1] = true;
  };
  places[0] = true;
  pass_absent(places);
  for (const char c : text) {
    if (places[end] && !anchored_end_) return true;
    std::vector<bool> next(end + 1, false);
    for (size_t i = 0; i < end; ++i) {
      if (!places[i] || !tokens_[i].characters.test(folded(c))) continue;
      next[i + 1] = true;
      if (tokens_[i].may_repeat) next[i] = true;
    }
    if (!from_start) next[0] = true;
    pass_absent(next);
    places = std::move(next);
  }
  return places[end];
}

}  // namespace nova::api

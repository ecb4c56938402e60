#include "nova/api/text_filter.hpp"

#include <cctype>

namespace nova::api {
namespace {

char folded(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

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
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      tokens_.push_back({Kind::literal, folded(pattern[++i])});
    } else if (pattern[i] == '.' && i + 1 < pattern.size() && pattern[i + 1] == '*') {
      tokens_.push_back({Kind::run, 0});
      ++i;
    } else if (pattern[i] == '.') {
      tokens_.push_back({Kind::any, 0});
    } else {
      tokens_.push_back({Kind::literal, folded(pattern[i])});
    }
  }
}

bool TextFilter::matches(std::string_view text) const { return match(text, anchored_start_); }

bool TextFilter::matches_start(std::string_view text) const { return match(text, true); }

// A glob: an unanchored end is a run there. Going back only to the last run is enough, so the cost
// is bounded by the product of the lengths.
bool TextFilter::match(std::string_view text, bool from_start) const {
  std::vector<Token> tokens;
  if (!from_start) tokens.push_back({Kind::run, 0});
  tokens.insert(tokens.end(), tokens_.begin(), tokens_.end());
  if (!anchored_end_) tokens.push_back({Kind::run, 0});
  size_t at = 0;
  size_t token = 0;
  size_t run_token = std::string::npos;
  size_t run_at = 0;
  while (at < text.size()) {
    if (token < tokens.size() && tokens[token].kind == Kind::run) {
      run_token = token++;
      run_at = at;
    } else if (token < tokens.size() &&
               (tokens[token].kind == Kind::any || tokens[token].character == folded(text[at]))) {
      ++token;
      ++at;
    } else if (run_token != std::string::npos) {
      token = run_token + 1;
      at = ++run_at;
    } else {
      return false;
    }
  }
  while (token < tokens.size() && tokens[token].kind == Kind::run) ++token;
  return token == tokens.size();
}

}  // namespace nova::api

// Small operations on text that the standard library lacks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace base {

[[nodiscard]] std::string_view trim(std::string_view text);
[[nodiscard]] std::string lower(std::string_view text);
// ASCII only, as HTTP header names compare.
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);
// "a,b,,c" -> {"a","b","","c"}; an empty text gives one empty part.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
[[nodiscard]] std::string join(const std::vector<std::string>& parts, std::string_view separator);
[[nodiscard]] std::string replace_all(std::string text, std::string_view from, std::string_view to);

// Whole text as a decimal number; nullopt for anything else.
[[nodiscard]] std::optional<int64_t> parse_integer(std::string_view text);
// As Python's strutils.bool_from_string(strict): 1/t/true/on/y/yes and 0/f/false/off/n/no.
[[nodiscard]] std::optional<bool> parse_boolean(std::string_view text);

// RFC 3986; `+` stays `+` in a path and means a space in a query.
[[nodiscard]] std::string percent_encode(std::string_view text);
[[nodiscard]] std::string percent_decode(std::string_view text, bool plus_is_space = false);

[[nodiscard]] std::string to_hex(std::string_view bytes);
[[nodiscard]] std::optional<std::string> from_hex(std::string_view hex);
// RFC 4648 section 4 with padding; decoding refuses anything else.
[[nodiscard]] std::string to_base64(std::string_view bytes);
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);
// RFC 4648 section 5 (URL-safe), as Fernet uses it; padding is written and optional when read.
[[nodiscard]] std::string to_base64_url(std::string_view bytes);
[[nodiscard]] std::optional<std::string> from_base64_url(std::string_view text);

// Code points of valid UTF-8 text; nullopt if it is not valid UTF-8.
[[nodiscard]] std::optional<size_t> utf8_length(std::string_view text);

}  // namespace base

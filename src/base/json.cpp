#include "base/json.hpp"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <utility>

#include "base/error.hpp"

namespace base {
namespace {

// The characters that a JSON string can not hold as they are (RFC 8259 section 7).
constexpr std::array<bool, 256> kEscaped = [] {
  std::array<bool, 256> escaped{};
  for (size_t c = 0; c < 0x20; ++c) escaped[c] = true;
  escaped['"'] = escaped['\\'] = true;
  return escaped;
}();

// Whether any of the eight characters of `word` is to be escaped.
bool has_escaped(uint64_t word) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kHighs = kOnes << 7;
  const auto has_zero = [](uint64_t bytes) { return (bytes - kOnes) & ~bytes & kHighs; };
  const uint64_t control = (word - kOnes * 0x20) & ~word & kHighs;
  return (control | has_zero(word ^ (kOnes * '"')) | has_zero(word ^ (kOnes * '\\'))) != 0;
}

// Copies the eight characters at `from` unless one of them is to be escaped.
bool copy_word(const char* from, char* to) {
  uint64_t word = 0;
  std::memcpy(&word, from, sizeof word);
  if (has_escaped(word)) return false;
  std::memcpy(to, &word, sizeof word);
  return true;
}

// Copies `text` up to its first character to escape; how many characters that were. Eight at a
// time: nearly no text has one, and lists are made of thousands of texts.
size_t copy_plain(std::string_view text, char* to) {
  constexpr size_t kWord = sizeof(uint64_t);
  const size_t size = text.size();
  size_t at = 0;
  while (at + kWord <= size && copy_word(text.data() + at, to + at)) at += kWord;
  // The last word may overlap the one before.
  if (at + kWord > size && size >= kWord &&
      copy_word(text.data() + size - kWord, to + size - kWord))
    return size;
  for (; at < size && !kEscaped[static_cast<unsigned char>(text[at])]; ++at) to[at] = text[at];
  return at;
}

// Writes the escape of `c` to `to`, which has place for six characters; where it ends.
char* put_escape(char* to, unsigned char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto put = [&](std::string_view text) { return to + text.copy(to, text.size()); };
  switch (c) {
    case '"':
      return put("\\\"");
    case '\\':
      return put("\\\\");
    case '\n':
      return put("\\n");
    case '\r':
      return put("\\r");
    case '\t':
      return put("\\t");
    default:
      to = put("\\u00");
      *to++ = digits[c >> 4];
      *to++ = digits[c & 15];
      return to;
  }
}

Json parse(std::string_view text, boost::json::storage_ptr memory) {
  boost::system::error_code error;
  Json value = boost::json::parse({text.data(), text.size()}, error, std::move(memory));
  if (error)
    throw Error(ErrorKind::bad_request, "Malformed request body: it is not valid JSON.",
                error.message());
  return value;
}

// Apart from its callers, who nearly always have room and are small without it.
[[gnu::noinline]] void lengthen(std::string& text, size_t size) {
  constexpr size_t kStep = 4096;
  text.resize(size + kStep);
}

}  // namespace

Json parse_json(std::string_view text) { return parse(text, {}); }

JsonView::JsonView(std::string_view text)
    : memory_(buffer_.data(), buffer_.size()), value_(parse(text, &memory_)) {}

std::string to_text(const Json& value) { return boost::json::serialize(value); }

const Json* find(const Json& value, std::string_view key) {
  const JsonObject* object = value.if_object();
  return object ? object->if_contains({key.data(), key.size()}) : nullptr;
}

std::string get_text(const Json& value, std::string_view key) {
  const Json* member = find(value, key);
  if (!member || !member->is_string())
    throw Error(ErrorKind::bad_request, fmt::format("'{}' is required and must be a string", key));
  return std::string(member->get_string());
}

std::string text_or(const Json& value, std::string_view key, std::string_view fallback) {
  return std::string(view_or(value, key, fallback));
}

std::string_view view_or(const Json& value, std::string_view key, std::string_view fallback) {
  const Json* member = find(value, key);
  if (!member || !member->is_string()) return fallback;
  return member->get_string();
}

int64_t integer_or(const Json& value, std::string_view key, int64_t fallback) {
  const Json* member = find(value, key);
  if (!member) return fallback;
  if (const auto* number = member->if_int64()) return *number;
  return fallback;
}

bool boolean_or(const Json& value, std::string_view key, bool fallback) {
  const Json* member = find(value, key);
  return member && member->is_bool() ? member->get_bool() : fallback;
}

std::string JsonWriter::take() {
  out_.resize(std::exchange(size_, 0));
  return std::exchange(out_, {});
}

// Where the next `size` characters go.
char* JsonWriter::room(size_t size) {
  if (out_.size() - size_ < size) lengthen(out_, size_ + size);
  return out_.data() + size_;
}

void JsonWriter::put(char c) {
  *room(1) = c;
  ++size_;
}

void JsonWriter::plain(std::string_view text) {
  size_ += text.copy(room(text.size()), text.size());
}

void JsonWriter::separate() {
  if (comma_) put(',');
  comma_ = true;
}

void JsonWriter::open(char bracket) {
  if (comma_) put(',');
  put(bracket);
  comma_ = false;
}

void JsonWriter::close(char bracket) {
  put(bracket);
  comma_ = true;
}

void JsonWriter::key(std::string_view name) {
  separate();
  quoted(name);
  put(':');
  comma_ = false;
}

void JsonWriter::value(std::string_view text) {
  separate();
  quoted(text);
}

void JsonWriter::joined(std::string_view name, std::initializer_list<std::string_view> pieces) {
  key(name);
  separate();
  put('"');
  for (const std::string_view piece : pieces) escaped(piece);
  put('"');
}

void JsonWriter::value(bool flag) {
  separate();
  plain(flag ? "true" : "false");
}

void JsonWriter::value(std::nullptr_t) {
  separate();
  plain("null");
}

void JsonWriter::integer(int64_t number) {
  separate();
  constexpr size_t kLongest = 20;
  char* const begin = room(kLongest);
  size_ += static_cast<size_t>(std::to_chars(begin, begin + kLongest, number).ptr - begin);
}

void JsonWriter::value(double number) {
  separate();
  if (!std::isfinite(number)) {
    plain("null");
    return;
  }
  std::string text = fmt::format("{}", number);
  // 3.0 must stay a float for clients that distinguish it from 3.
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  plain(text);
}

void JsonWriter::value(const Json& json) { raw(to_text(json)); }

void JsonWriter::raw(std::string_view json_text) {
  separate();
  plain(json_text);
}

void JsonWriter::quoted(std::string_view text) {
  char* const begin = room(text.size() + 2);
  *begin = '"';
  const size_t plain = copy_plain(text, begin + 1);
  size_ += 1 + plain;
  if (plain < text.size()) escaped(text.substr(plain));
  put('"');
}

void JsonWriter::escaped(std::string_view text) {
  for (;;) {
    const size_t plain = copy_plain(text, room(text.size()));
    size_ += plain;
    if (plain == text.size()) return;
    constexpr size_t kLongest = 6;
    char* const begin = room(kLongest);
    size_ +=
        static_cast<size_t>(put_escape(begin, static_cast<unsigned char>(text[plain])) - begin);
    text.remove_prefix(plain + 1);
  }
}

}  // namespace base

#include "base/json.hpp"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

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

// Where the first character to escape is, from `from` on; the size of the text if there is none.
// Eight characters at a time: nearly no text has one, and lists are made of thousands of texts.
size_t find_escaped(std::string_view text, size_t from) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kHighs = kOnes << 7;
  const auto has_zero = [](uint64_t word) { return (word - kOnes) & ~word & kHighs; };
  for (; from + sizeof(uint64_t) <= text.size(); from += sizeof(uint64_t)) {
    uint64_t word = 0;
    std::memcpy(&word, text.data() + from, sizeof word);
    const uint64_t control = (word - kOnes * 0x20) & ~word & kHighs;
    if (control | has_zero(word ^ (kOnes * '"')) | has_zero(word ^ (kOnes * '\\'))) break;
  }
  while (from < text.size() && !kEscaped[static_cast<unsigned char>(text[from])]) ++from;
  return from;
}

void append_escaped(std::string& out, unsigned char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      out += {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
  }
}

}  // namespace

Json parse_json(std::string_view text) {
  boost::system::error_code error;
  Json value = boost::json::parse({text.data(), text.size()}, error);
  if (error)
    throw Error(ErrorKind::bad_request, "Malformed request body: it is not valid JSON.",
                error.message());
  return value;
}

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
  const Json* member = find(value, key);
  if (!member || !member->is_string()) return std::string(fallback);
  return std::string(member->get_string());
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

void JsonWriter::separate() {
  if (comma_) out_ += ',';
  comma_ = true;
}

void JsonWriter::open(char bracket) {
  if (comma_) out_ += ',';
  out_ += bracket;
  comma_ = false;
}

void JsonWriter::close(char bracket) {
  out_ += bracket;
  comma_ = true;
}

void JsonWriter::key(std::string_view name) {
  separate();
  quoted(name);
  out_ += ':';
  comma_ = false;
}

void JsonWriter::value(std::string_view text) {
  separate();
  quoted(text);
}

void JsonWriter::value(bool flag) {
  separate();
  out_ += flag ? "true" : "false";
}

void JsonWriter::value(std::nullptr_t) {
  separate();
  out_ += "null";
}

void JsonWriter::integer(int64_t number) {
  separate();
  char buffer[24];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, number);
  out_.append(buffer, end);
}

void JsonWriter::value(double number) {
  separate();
  if (!std::isfinite(number)) {
    out_ += "null";
    return;
  }
  std::string text = fmt::format("{}", number);
  // 3.0 must stay a float for clients that distinguish it from 3.
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  out_ += text;
}

void JsonWriter::value(const Json& json) { raw(to_text(json)); }

void JsonWriter::raw(std::string_view json_text) {
  separate();
  out_ += json_text;
}

void JsonWriter::quoted(std::string_view text) {
  const size_t plain = find_escaped(text, 0);
  // In one piece: most of what is written is short texts, and most of their cost were the calls.
  const size_t at = out_.size();
  out_.resize(at + plain + 2);
  out_[at] = '"';
  text.copy(out_.data() + at + 1, plain);
  out_[at + plain + 1] = '"';
  if (plain == text.size()) return;
  out_.pop_back();
  for (size_t begin = plain; begin < text.size();) {
    append_escaped(out_, static_cast<unsigned char>(text[begin++]));
    const size_t end = find_escaped(text, begin);
    out_.append(text, begin, end - begin);
    begin = end;
  }
  out_ += '"';
}

}  // namespace base

// JSON: Boost.JSON values to read, a streaming writer to emit.
#pragma once

#include <array>
#include <boost/json.hpp>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/time.hpp"

namespace base {

using Json = boost::json::value;
using JsonObject = boost::json::object;
using JsonArray = boost::json::array;

// Throws Error(bad_request) for text that is not one JSON value, or nested deeper than 32.
[[nodiscard]] Json parse_json(std::string_view text);
[[nodiscard]] std::string to_text(const Json& value);

// A JSON text that is looked at and forgotten, e.g. a column of one row of many: one piece of
// memory holds it, and none of its values is freed by itself.
class JsonView {
 public:
  // Throws as parse_json.
  explicit JsonView(std::string_view text);
  JsonView(const JsonView&) = delete;
  JsonView& operator=(const JsonView&) = delete;
  [[nodiscard]] const Json& operator*() const { return value_; }

 private:
  std::array<unsigned char, 2048> buffer_;
  boost::json::monotonic_resource memory_;
  Json value_;
};

// The member `key` of an object, or nullptr if `value` is no object or has no such member.
[[nodiscard]] const Json* find(const Json& value, std::string_view key);
// The text of a member that must be there and be a string; throws Error(bad_request) otherwise.
[[nodiscard]] std::string get_text(const Json& value, std::string_view key);
// The text of a member, or `fallback` if it is missing, null or no string.
[[nodiscard]] std::string text_or(const Json& value, std::string_view key,
                                  std::string_view fallback = {});
// The same, not copied.
[[nodiscard]] std::string_view view_or(const Json& value, std::string_view key,
                                       std::string_view fallback = {});
[[nodiscard]] int64_t integer_or(const Json& value, std::string_view key, int64_t fallback);
[[nodiscard]] bool boolean_or(const Json& value, std::string_view key, bool fallback);

// Writes JSON text straight into a string, commas by itself. Keys and strings are escaped; bytes
// that are not UTF-8 are the caller's fault. Usage:
//   JsonWriter w; w.begin_object(); w.field("id", id); w.key("tags"); w.value(tags);
//   w.end_object();
class JsonWriter {
 public:
  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }
  void key(std::string_view name);

  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(const std::string& text) { value(std::string_view(text)); }
  void value(bool flag);
  void value(double number);
  void value(std::nullptr_t);
  void value(const Json& json);
  template <class Integer>
    requires(std::is_integral_v<Integer> && !std::is_same_v<Integer, bool>)
  void value(Integer number) {
    integer(static_cast<int64_t>(number));
  }
  template <class T>
  void value(const std::optional<T>& maybe) {
    maybe ? value(*maybe) : value(nullptr);
  }
  template <class T>
  void value(const std::vector<T>& items) {
    begin_array();
    for (const auto& item : items) value(static_cast<const T&>(item));
    end_array();
  }
  // Already JSON text, e.g. a column that holds JSON; the caller vouches for it.
  void raw(std::string_view json_text);

  template <class T>
  void field(std::string_view name, const T& v) {
    key(name);
    value(v);
  }
  // A field whose text comes in pieces, e.g. a link: {base, id}.
  void joined(std::string_view name, std::initializer_list<std::string_view> pieces);

  [[nodiscard]] std::string take();
  [[nodiscard]] std::string_view text() const { return {out_.data(), size_}; }

 private:
  void open(char bracket);
  void close(char bracket);
  void separate();
  void integer(int64_t number);
  void quoted(std::string_view text);
  void escaped(std::string_view text);
  void plain(std::string_view text);
  void put(char c);
  char* room(size_t size);

  // Longer than what is written, so that short texts, of which most documents are made, need no
  // call each to make it longer.
  std::string out_;
  size_t size_ = 0;
  bool comma_ = false;
};

}  // namespace base

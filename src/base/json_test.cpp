#include "base/json.hpp"

#include <gtest/gtest.h>

namespace base {
namespace {

std::string written(std::string_view text) {
  JsonWriter json;
  json.value(text);
  return json.take();
}

TEST(JsonWriter, escapes_what_json_cannot_hold_wherever_it_stands) {
  for (const char c : std::string_view("\"\\\n\r\t\0\x1f", 7))
    for (size_t size = 1; size <= 20; ++size)
      for (size_t at = 0; at < size; ++at) {
        std::string text(size, 'a');
        text[at] = c;
        EXPECT_EQ(parse_json(written(text)).as_string(), text);
        text.back() = c;
        EXPECT_EQ(parse_json(written(text)).as_string(), text);
      }
}

TEST(JsonWriter, writes_other_texts_as_they_are) {
  for (const std::string_view text : {"", "a", " /~\x7f", "12345678",
                                      "gr\xc3\xbc\xc3\x9f"
                                      "e aus K\xc3\xb6ln"})
    EXPECT_EQ(written(text), '"' + std::string(text) + '"');
}

TEST(JsonWriter, puts_commas_between_values) {
  JsonWriter json;
  json.begin_object();
  json.field("id", 7);
  json.joined("href", {"http://a/", "\"b\"", ""});
  json.field("tags", std::vector<std::string>{"x", "y"});
  json.key("raw");
  json.raw("[{}]");
  json.end_object();

  EXPECT_EQ(json.text(), R"({"id":7,"href":"http://a/\"b\"","tags":["x","y"],"raw":[{}]})");
}

TEST(JsonWriter, keeps_all_of_a_long_document) {
  JsonWriter json;
  json.begin_array();
  for (int i = 0; i < 10000; ++i) json.value(i % 2 == 0 ? "even" : "odd one");
  json.end_array();

  const std::string text = json.take();
  const Json parsed = parse_json(text);

  EXPECT_EQ(parsed.as_array().size(), 10000);
  EXPECT_EQ(to_text(parsed), text);
}

TEST(JsonView, reads_texts_of_any_size) {
  const std::string large = R"({"name": ")" + std::string(100000, 'x') + R"(", "list": [1, 2]})";

  const JsonView view(large);

  EXPECT_EQ(view_or(*view, "name").size(), 100000);
  EXPECT_EQ(view_or(*view, "list", "fallback"), "fallback");
  EXPECT_ANY_THROW(JsonView("{"));
}

}  // namespace
}  // namespace base

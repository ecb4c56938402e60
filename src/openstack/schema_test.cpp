#include "openstack/schema.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace openstack {
namespace {

const Schema& server_schema() {
  static const Schema schema(R"({
    "type": "object",
    "properties": {"server": {"type": "object",
      "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 5, "pattern": "^[a-z]*$"},
        "n": {"type": ["integer", "string"], "pattern": "^[0-9]*$", "minimum": 1, "maximum": 9},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2, "uniqueItems": true},
        "net": {"oneOf": [{"type": "array"}, {"type": "string", "enum": ["none", "auto"]}]},
        "meta": {"type": "object", "patternProperties": {"^[a-z]$": {"type": "string"}},
                 "additionalProperties": false},
        "x": {"enum": [1, "a", null]},
        "z": {"not": {"type": "string"}},
        "o": {"oneOf": [{"type": "integer"}, {"type": "number"}]},
        "image": {"$ref": "#/definitions/id"}
      },
      "required": ["name"], "additionalProperties": false}},
    "required": ["server"], "additionalProperties": false,
    "definitions": {"id": {"type": "string", "format": "uuid"}}
  })");
  return schema;
}

std::string message(const std::string& json) {
  return server_schema().check(base::parse_json(json)).value_or("valid");
}
// The message for a server with one more field.
std::string message_with(const std::string& field) {
  return message(R"({"server": {"name": "a", )" + field + "}}");
}

TEST(Schema, takes_what_fits) {
  EXPECT_EQ(message(R"({"server": {"name": "abc", "n": 9, "tags": ["a", "b"], "net": "auto",
                        "meta": {"k": "v"}, "x": null, "z": 1, "o": 1.5,
                        "image": "f2e2f1d4-6a7f-4a5b-9d51-6f4a1c0f7d11"}})"),
            "valid");
}

// The expected texts are what Python's jsonschema says in Nova's frame.
TEST(Schema, words_errors_as_jsonschema_does) {
  EXPECT_EQ(message("{}"), "'server' is a required property");
  EXPECT_EQ(message("null"), "None is not of type 'object'");
  EXPECT_EQ(message(R"({"server": {}})"),
            "Invalid input for field/attribute server. Value: {}. 'name' is a required property");
  EXPECT_EQ(message(R"({"server": {"name": ""}})"),
            "Invalid input for field/attribute name. Value: . '' is too short");
  EXPECT_EQ(
      message(R"({"server": {"name": "A'b"}})"),
      "Invalid input for field/attribute name. Value: A'b. \"A'b\" does not match '^[a-z]*$'");
  EXPECT_EQ(message(R"({"server": {"name": null}})"),
            "Invalid input for field/attribute name. Value: None. None is not of type 'string'");
  EXPECT_EQ(message(R"({"server": {"name": "a"}, "foo": 1})"),
            "Additional properties are not allowed ('foo' was unexpected)");
  EXPECT_EQ(message_with(R"("q": 1, "p": [true])"),
            "Invalid input for field/attribute server. Value: {'name': 'a', 'q': 1, 'p': [True]}. "
            "Additional properties are not allowed ('q', 'p' were unexpected)");
  EXPECT_EQ(message_with(R"("tags": ["a", 1])"),
            "Invalid input for field/attribute 1. Value: 1. 1 is not of type 'string'");
  EXPECT_EQ(message_with(R"("meta": {"BB": 1, "A": "b"})"),
            "Invalid input for field/attribute meta. Value: {'BB': 1, 'A': 'b'}. 'A', 'BB' do not "
            "match any of the regexes: '^[a-z]$'");
  EXPECT_EQ(message_with(R"("x": true)"),
            "Invalid input for field/attribute x. Value: True. True is not one of [1, 'a', None]");
  EXPECT_EQ(message_with(R"("net": "x")"),
            "Invalid input for field/attribute net. Value: x. 'x' is not valid under any of the "
            "given schemas");
  EXPECT_EQ(message_with(R"("z": "q")"),
            "Invalid input for field/attribute z. Value: q. 'q' should not be valid under {'type': "
            "'string'}");
  EXPECT_EQ(message_with(R"("o": 1)"),
            "Invalid input for field/attribute o. Value: 1. 1 is valid under each of {'type': "
            "'number'}, {'type': 'integer'}");
  EXPECT_EQ(message_with(R"("image": "none")"),
            "Invalid input for field/attribute image. Value: none. 'none' is not a 'uuid'");
}

TEST(Schema, holds_limits_for_numbers_given_as_text) {
  EXPECT_EQ(message_with(R"("n": "5")"), "valid");
  EXPECT_EQ(message_with(R"("n": "10")"),
            "Invalid input for field/attribute n. Value: 10. 10 is greater than the maximum of 9");
  EXPECT_EQ(message_with(R"("n": 0)"),
            "Invalid input for field/attribute n. Value: 0. 0 is less than the minimum of 1");
}

TEST(Schema, explains_names_in_novas_words) {
  const Schema schema(R"({"type": "object", "properties": {"name":
      {"type": "string", "minLength": 1, "maxLength": 255, "format": "name"}}})");
  const auto check = [&](const std::string& name) {
    return schema.check(base::JsonObject{{"name", name}}).value_or("valid");
  };
  EXPECT_EQ(check("vm one"), "valid");
  EXPECT_EQ(check("größe 服务器"), "valid");
  const std::string refused =
      "An invalid 'name' value was provided. The name must be: printable characters. Can not "
      "start or end with whitespace.";
  EXPECT_EQ(check(" vm"), refused);
  EXPECT_EQ(check("vm "), refused);
  EXPECT_EQ(check("v\nm"), refused);
  EXPECT_EQ(check("\xF0\x9F\x98\x80"), refused);
}

TEST(Schema, counts_characters_and_not_bytes) {
  const Schema schema(R"({"type": "string", "maxLength": 3})");
  EXPECT_FALSE(schema.check(base::Json("äöü")).has_value());
  EXPECT_TRUE(schema.check(base::Json("äöüa")).has_value());
}

TEST(Schema, follows_a_definition_that_refers_to_itself) {
  const Schema schema(R"({"$ref": "#/definitions/tree",
      "definitions": {"tree": {"type": "array", "items": {"$ref": "#/definitions/tree"}}}})");
  EXPECT_FALSE(schema.check(base::parse_json("[[], [[]]]")).has_value());
  EXPECT_TRUE(schema.check(base::parse_json("[[], [[1]]]")).has_value());
}

TEST(Pattern, searches_as_python_does) {
  EXPECT_TRUE(Pattern("b+").search("abbc"));
  EXPECT_FALSE(Pattern("^b+").search("abbc"));
  EXPECT_TRUE(Pattern("^a$").search("a\n"));
  EXPECT_FALSE(Pattern("^a\\Z").search("a\n"));
  EXPECT_TRUE(Pattern("^[a-zA-Z0-9-_:. ]{1,255}$").search("key:1 b"));
  EXPECT_FALSE(Pattern("^[a-zA-Z0-9-_:. ]{1,255}$").search(std::string(256, 'a')));
  EXPECT_TRUE(Pattern("^(?!all$)(?=.*\\d)\\w{2,}$").search("all1"));
  EXPECT_FALSE(Pattern("^(?!all$)\\w+$").search("all"));
  EXPECT_TRUE(Pattern("^(foo|ba[rz])?$").search("baz"));
  EXPECT_TRUE(Pattern("^[^\\s/]+$").search("ünï"));
  EXPECT_FALSE(Pattern("^[^\\s/]+$").search("a b"));
  EXPECT_TRUE(Pattern("^\\u00e4{2}$").search("ää"));
  EXPECT_FALSE(Pattern("a").search("\xff"));
}

TEST(Pattern, takes_linear_time_for_a_hostile_text) {
  const Pattern pattern("^(a+)+$");
  EXPECT_FALSE(pattern.search(std::string(20000, 'a') + "b"));
}

}  // namespace
}  // namespace openstack

// JSON Schema, the keyword subset that OpenStack's request schemas use, with the wording of
// Python's jsonschema in errors, since clients show it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace openstack {

// Keywords: type (also lists), enum, const, pattern, format (uuid, date-time, ipv4, ipv6, cidr,
// mac-address, base64, uri, email, name, ...), minLength/maxLength, minimum/maximum, required,
// properties, patternProperties, additionalProperties, minProperties/maxProperties, items,
// minItems, maxItems, uniqueItems, oneOf/anyOf/allOf/not, $ref to "#/definitions/...". A number
// given as text is accepted where the schema says type ["integer","string"] with a pattern, as in
// Nova. Immutable and thread-safe.
class Schema {
 public:
  // Text is ours: malformed text aborts at start.
  explicit Schema(std::string_view schema_text);
  ~Schema();
  Schema(Schema&&) noexcept;
  // nullopt if valid, else the message, e.g.
  //   "Invalid input for field/attribute name. Value: . '' is too short"
  [[nodiscard]] std::optional<std::string> check(const base::Json& value) const;
  // Throws Error(bad_request) with that message.
  void validate(const base::Json& value) const;

 private:
  struct Node;
  std::unique_ptr<Node> root_;
};

// True if all of `text` matches the pattern: the ECMA subset used in schemas, in linear time.
class Pattern {
 public:
  // Of a table of the program: aborts if it is malformed.
  explicit Pattern(std::string_view pattern);
  // Of an operator: throws Error(bad_request) that says what is wrong.
  [[nodiscard]] static Pattern parse(std::string_view pattern);
  ~Pattern();
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;
  [[nodiscard]] bool search(std::string_view text) const;  // unanchored, as jsonschema does

 private:
  struct Program;
  explicit Pattern(std::unique_ptr<Program> program);
  std::unique_ptr<Program> program_;
};

}  // namespace openstack

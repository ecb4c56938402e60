#include "glance/api/resource_schema.hpp"

#include <fmt/core.h>

#include "base/error.hpp"

namespace glance::api {
namespace {

using base::Error;
using base::ErrorKind;

// The members that both a document and its list have, from `properties` on.
std::string members(const ResourceSchema::Source& source) {
  std::string text = fmt::format(R"("properties":{})", source.properties);
  if (source.required != "[]") text += fmt::format(R"(,"required":{})", source.required);
  return text;
}

std::string with_definitions(const ResourceSchema::Source& source) {
  return source.definitions == "{}" ? "" : fmt::format(R"(,"definitions":{})", source.definitions);
}

}  // namespace

ResourceSchema::ResourceSchema(Source source)
    : source_(std::move(source)),
      validation_("{" + members(source_) + R"(,"additionalProperties":false)" +
                  with_definitions(source_) + "}") {}

void ResourceSchema::validate(const base::Json& body) const {
  if (body.is_null()) throw Error(ErrorKind::bad_request, "Body expected in request.");
  const auto refusal =
      body.is_object() ? validation_.check(body) : std::optional<std::string>("it is no object");
  if (refusal)
    throw Error(
        ErrorKind::bad_request,
        fmt::format("Provided object does not match schema '{}': {}", source_.name, *refusal));
}

std::string ResourceSchema::document() const {
  return fmt::format(R"({{"name":"{}",{}{}}})", source_.name, members(source_),
                     with_definitions(source_));
}

std::string ResourceSchema::list_document(std::string_view name) const {
  return collection(name, "array", "items");
}

std::string ResourceSchema::map_document(std::string_view name) const {
  return collection(name, "object", "additionalProperties");
}

std::string ResourceSchema::collection(std::string_view name, std::string_view type,
                                       std::string_view items_keyword) const {
  return fmt::format(
      R"({{"name":"{0}","properties":{{"{0}":{{"type":"{1}","{2}":{{"name":"{3}",{4}}}}},)"
      R"("first":{{"type":"string"}},"next":{{"type":"string"}},"schema":{{"type":"string"}}}},)"
      R"("links":[{{"rel":"first","href":"{{first}}"}},{{"rel":"next","href":"{{next}}"}},)"
      R"({{"rel":"describedby","href":"{{schema}}"}}]{5}}})",
      name, type, items_keyword, source_.name, members(source_), with_definitions(source_));
}

}  // namespace glance::api

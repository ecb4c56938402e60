// Metadata definitions: the catalog of what may be written into properties of images, flavors,
// volumes, as it travels between glance-api and glance-registry.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/described.hpp"

namespace glance {

struct MetadefNamespace {
  std::string name;
  std::optional<std::string> display_name;
  std::optional<std::string> description;
  std::string visibility = "private";  // public, private
  bool is_protected = false;
  std::string owner;  // project id
  base::TimePoint created_at{};
  base::TimePoint updated_at{};
};
BOOST_DESCRIBE_STRUCT(MetadefNamespace, (),
                      (name, display_name, description, visibility, is_protected, owner, created_at,
                       updated_at))

// What a namespace holds: values of Metadef's kind.
inline constexpr std::string_view kMetadefObject = "object";
inline constexpr std::string_view kMetadefProperty = "property";
inline constexpr std::string_view kMetadefTag = "tag";
inline constexpr std::string_view kMetadefResourceType = "resource_type";  // an association with it

// A named thing of a namespace; names are unique within a kind.
struct Metadef {
  std::string kind;
  std::string name;
  base::Json body = base::JsonObject();  // what clients wrote, without the name
  base::TimePoint created_at{};
  base::TimePoint updated_at{};
};
BOOST_DESCRIBE_STRUCT(Metadef, (), (kind, name, body, created_at, updated_at))

// A namespace with what it holds, of all kinds or of some.
struct MetadefContents {
  MetadefNamespace space;
  std::vector<Metadef> metadefs;
};
BOOST_DESCRIBE_STRUCT(MetadefContents, (), (space, metadefs))

}  // namespace glance

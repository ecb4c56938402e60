// The schemas of metadata definitions.
#pragma once

#include "glance/api/resource_schema.hpp"

namespace glance::api {

[[nodiscard]] const ResourceSchema& metadef_namespace_schema();
[[nodiscard]] const ResourceSchema& metadef_object_schema();
// A property by itself; among others it has its name as a key, which `named` says.
enum class PropertyName { member, key };
[[nodiscard]] const ResourceSchema& metadef_property_schema(PropertyName named);
[[nodiscard]] const ResourceSchema& metadef_tag_schema();
// {"tags": [...]}
[[nodiscard]] const ResourceSchema& metadef_tags_schema();
[[nodiscard]] const ResourceSchema& metadef_resource_type_schema();

}  // namespace glance::api

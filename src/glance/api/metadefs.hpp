// What the handlers of metadata definitions share: from JSON to definitions and back.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "glance/api/image_api.hpp"
#include "glance/api/resource_schema.hpp"
#include "glance/metadef_messages.hpp"

namespace glance::api {

// The request's body, if it fits. Throws Error(forbidden) for what only Glance writes,
// Error(bad_request) for what does not fit.
[[nodiscard]] const base::Json& metadef_body(const openstack::ApiRequest& request,
                                             const ResourceSchema& schema);
// A definition from its JSON object, whose member "name" is its name. Throws Error(bad_request) for
// a name or a body that is too long.
[[nodiscard]] Metadef to_metadef(std::string_view kind, const base::Json& object);
// Those of an object whose keys are the names.
[[nodiscard]] std::vector<Metadef> to_properties(const base::Json& properties);
// Throws Error(bad_request) unless each of an object's properties is one.
void check_properties(const base::Json& object);

// One definition as JSON. An object tells where it is: below `namespace_name`.
void write_metadef(base::JsonWriter& json, const std::string& namespace_name,
                   const Metadef& metadef);
[[nodiscard]] platform::http::Response metadef_response(int status,
                                                        const std::string& namespace_name,
                                                        const Metadef& metadef);
// {"a": {...}, "b": {...}}: properties by name.
void write_properties(base::JsonWriter& json, const std::vector<Metadef>& properties);

// What the routes of all kinds below a namespace do alike.
[[nodiscard]] MetadefList list_metadefs(const ImageApi& api, const openstack::ApiRequest& request,
                                        std::string_view kind);
[[nodiscard]] Metadef add_metadef(const ImageApi& api, const openstack::ApiRequest& request,
                                  Metadef metadef);
[[nodiscard]] Metadef get_metadef(const ImageApi& api, const openstack::ApiRequest& request,
                                  std::string_view kind, const std::string& name);
[[nodiscard]] Metadef update_metadef(const ImageApi& api, const openstack::ApiRequest& request,
                                     const std::string& name, Metadef metadef);
// The one that the path's parameter names.
[[nodiscard]] platform::http::Response delete_metadef(const ImageApi& api,
                                                      const openstack::ApiRequest& request,
                                                      std::string_view kind,
                                                      std::string_view parameter);
[[nodiscard]] platform::http::Response delete_all_metadefs(const ImageApi& api,
                                                           const openstack::ApiRequest& request,
                                                           std::string_view kind);

}  // namespace glance::api

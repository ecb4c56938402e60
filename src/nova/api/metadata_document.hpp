// "metadata" as servers and images have it: documents and request schemas.
#pragma once

#include <map>
#include <string>

#include "nova/api/common.hpp"
#include "openstack/schema.hpp"

namespace nova::api {

using Metadata = std::map<std::string, std::string>;

// {"metadata": {...}} and {"meta": {KEY: VALUE}}.
[[nodiscard]] Response answer_metadata(const Metadata& metadata);
[[nodiscard]] Response answer_metadata_item(const std::string& key, const std::string& value);

// The bodies that change all of it, and one item.
[[nodiscard]] const openstack::Schema& metadata_schema();
[[nodiscard]] const openstack::Schema& metadata_item_schema();

// The value of the item that body and URL name; throws Error(bad_request) if they differ.
[[nodiscard]] std::string metadata_item(const ApiRequest& request, const std::string& key);

// Throws Error(forbidden) if there are more items than the project's quota allows.
void check_metadata_limit(app::App& app, const ApiRequest& request, size_t items);

}  // namespace nova::api

#include "cinder/api/metadata_handlers.hpp"

#include <fmt/format.h>

namespace cinder::api {
namespace {

using openstack::Metadata;

Metadata read_metadata(const MetadataOf& resource, ApiRequest& request) {
  return base::from_json<Metadata>(base::parse_json(resource.read(request)));
}

[[noreturn]] void refuse_missing_item(const std::string& key) {
  not_found("Metadata item was not found: " + key + ".");
}

}  // namespace

openstack::Routes metadata_routes(const MetadataOf& resource) {
  const auto list = [resource](ApiRequest& request) {
    return openstack::answer_metadata(read_metadata(resource, request));
  };
  const auto add = [resource](ApiRequest& request) {
    const auto added = base::from_json<Metadata>(inner(request, "metadata"));
    return openstack::answer_metadata(resource.change(request, [&](Metadata& metadata) {
      for (const auto& [key, value] : added) metadata[key] = value;
    }));
  };
  const auto replace = [resource](ApiRequest& request) {
    const auto wanted = base::from_json<Metadata>(inner(request, "metadata"));
    return openstack::answer_metadata(
        resource.change(request, [&](Metadata& metadata) { metadata = wanted; }));
  };
  const auto show = [resource](ApiRequest& request) {
    const std::string& key = request.parameter("key");
    const Metadata metadata = read_metadata(resource, request);
    const auto found = metadata.find(key);
    if (found == metadata.end()) refuse_missing_item(key);
    return openstack::answer_metadata_item(key, found->second);
  };
  const auto set = [resource](ApiRequest& request) {
    const std::string& key = request.parameter("key");
    const std::string value = openstack::metadata_item(request, key);
    resource.change(request, [&](Metadata& metadata) { metadata[key] = value; });
    return openstack::answer_metadata_item(key, value);
  };
  const auto remove = [resource](ApiRequest& request) {
    const std::string& key = request.parameter("key");
    resource.change(request, [&](Metadata& metadata) {
      if (metadata.erase(key) == 0) refuse_missing_item(key);
    });
    return openstack::empty_response(200);
  };
  const auto& policies = resource.policies;
  return {
      {"GET", resource.collection, policies.show, list},
      {"POST", resource.collection, policies.create, add, &openstack::metadata_schema()},
      {"PUT", resource.collection, policies.update, replace, &openstack::metadata_schema()},
      {"GET", resource.item, policies.show, show},
      {"PUT", resource.item, policies.update, set, &openstack::metadata_item_schema()},
      {"DELETE", resource.item, policies.remove, remove},
  };
}

}  // namespace cinder::api

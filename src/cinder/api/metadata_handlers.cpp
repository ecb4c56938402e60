#include "cinder/api/metadata_handlers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "platform/crypto.hpp"

namespace cinder::api {
namespace {

using openstack::Metadata;

Metadata read_metadata(const MetadataOf& resource, ApiRequest& request) {
  return base::from_json<Metadata>(base::parse_json(resource.read(request)));
}

[[noreturn]] void refuse_missing_item(const std::string& key) {
  not_found("Metadata item was not found: " + key + ".");
}

constexpr Microversion kEtags{3, 15};

std::string etag_of(const Response& list) { return base::to_hex(platform::md5(list.body)); }

// RFC 9110, 13.1.1: a list of quoted tags, or "*".
bool names_etag(std::string_view if_match, std::string_view etag) {
  const auto all = base::split(if_match, ',');
  return std::ranges::any_of(all, [&](std::string_view one) {
    one = base::trim(one);
    if (one.starts_with('"') && one.ends_with('"') && one.size() > 1)
      one = one.substr(1, one.size() - 2);
    return one == "*" || one == etag;
  });
}

void require_seen(const MetadataOf& resource, const ApiRequest& request, const Metadata& metadata) {
  const auto if_match = request.http.headers.get("if-match");
  if (!if_match || !resource.has_etags || request.context.version < kEtags) return;
  if (!names_etag(*if_match, etag_of(openstack::answer_metadata(metadata))))
    throw base::Error(base::ErrorKind::precondition_failed,
                      "The metadata was changed since it was read. Read it again.");
}

}  // namespace

openstack::Routes metadata_routes(const MetadataOf& resource) {
  const auto list = [resource](ApiRequest& request) {
    Response response = openstack::answer_metadata(read_metadata(resource, request));
    if (resource.has_etags && request.context.version >= kEtags)
      response.headers.set("ETag", '"' + etag_of(response) + '"');
    return response;
  };
  const auto add = [resource](ApiRequest& request) {
    const auto added = base::from_json<Metadata>(inner(request, "metadata"));
    return openstack::answer_metadata(resource.change(request, [&](Metadata& metadata) {
      for (const auto& [key, value] : added) metadata[key] = value;
    }));
  };
  const auto replace = [resource](ApiRequest& request) {
    const auto wanted = base::from_json<Metadata>(inner(request, "metadata"));
    return openstack::answer_metadata(resource.change(request, [&](Metadata& metadata) {
      require_seen(resource, request, metadata);
      metadata = wanted;
    }));
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
    resource.change(request, [&](Metadata& metadata) {
      require_seen(resource, request, metadata);
      metadata[key] = value;
    });
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

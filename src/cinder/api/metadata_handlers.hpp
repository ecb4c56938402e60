// /RESOURCE/{id}/metadata, the same for volumes and snapshots.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "cinder/api/common.hpp"

namespace cinder::api {

// What the handlers need to know of a resource.
struct MetadataOf {
  std::string_view collection;  // path
  std::string_view item;        // path, which ends with {key}
  struct {
    std::string_view show, create, update, remove;
  } policies;
  // From 3.15 on a list has an ETag, and who changes it may say by If-Match which one was seen.
  bool has_etags = false;
  // The metadata as JSON text.
  std::function<std::string(ApiRequest&)> read;
  // Lets `alter` change the metadata in one transaction; gives it as it is then.
  std::function<openstack::Metadata(ApiRequest&,
                                    const std::function<void(openstack::Metadata&)>& alter)>
      change;
};
[[nodiscard]] openstack::Routes metadata_routes(const MetadataOf& resource);

// Of rows with a column `metadata`: `parameter` is the path's id of one.
template <class Row>
MetadataOf metadata_of(app::App& app, std::string_view parameter,
                       Row (*get)(app::App&, const openstack::Context&, const std::string& id),
                       Row (*update)(app::App&, const openstack::Context&, const std::string& id,
                                     const std::function<void(Row&)>& change)) {
  MetadataOf resource;
  resource.read = [&app, parameter, get](ApiRequest& request) {
    return get(app, request.context, request.parameter(parameter)).metadata;
  };
  resource.change = [&app, parameter, update](
                        ApiRequest& request,
                        const std::function<void(openstack::Metadata&)>& alter) {
    openstack::Metadata metadata;
    update(app, request.context, request.parameter(parameter), [&](Row& row) {
      metadata = base::from_json<openstack::Metadata>(base::parse_json(row.metadata));
      alter(metadata);
      row.metadata = base::to_text(base::to_json(metadata));
    });
    return metadata;
  };
  return resource;
}

}  // namespace cinder::api

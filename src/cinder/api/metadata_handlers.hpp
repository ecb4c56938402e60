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
  // The metadata as JSON text.
  std::function<std::string(ApiRequest&)> read;
  // Lets `alter` change the metadata in one transaction; gives it as it is then.
  std::function<openstack::Metadata(ApiRequest&,
                                    const std::function<void(openstack::Metadata&)>& alter)>
      change;
};
[[nodiscard]] openstack::Routes metadata_routes(const MetadataOf& resource);

// The row's metadata, changed in place.
template <class Row>
openstack::Metadata alter_metadata(Row& row,
                                   const std::function<void(openstack::Metadata&)>& alter) {
  auto metadata = base::from_json<openstack::Metadata>(base::parse_json(row.metadata));
  alter(metadata);
  row.metadata = base::to_text(base::to_json(metadata));
  return metadata;
}

}  // namespace cinder::api
